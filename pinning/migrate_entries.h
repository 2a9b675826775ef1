/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and writing whole maps: in batches where the kernel can, else one by one. */
#ifndef PINNING_MIGRATE_ENTRIES_H
#define PINNING_MIGRATE_ENTRIES_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

/* How many entries at a time, to begin with. */
#define ENTRIES_BATCH 4096

/* Bytes of a value as system calls have it: of per-CPU maps the values of all possible CPUs. */
size_t map_value_bytes(const struct bpf_map_info *info);

bool map_is_percpu(__u32 type);
bool map_is_array(__u32 type); /* every key below max_entries exists, none can be deleted */
bool map_is_lru(__u32 type);

/* Entries read or to be written: `count` keys beside each other, and as many values. */
struct entries {
	__u8 *keys, *values;
	__u32 count, room;
	size_t key_bytes, value_bytes;
};

int entries_alloc(struct entries *entries, const struct bpf_map_info *info, __u32 room);
void entries_free(struct entries *entries);
void *entries_key(const struct entries *entries, __u32 i);
void *entries_value(const struct entries *entries, __u32 i);

/* Going through a map from its beginning. */
struct map_reader {
	int fd;
	struct entries batch; /* what entries_read() read */
	__u8 *token;          /* where the kernel goes on; one by one: the last key */
	bool prefixes;        /* an LPM trie */
	bool started, ended, one_by_one;
};

/*
 * Entries that others add or delete meanwhile may be seen or not, and an entry may be seen twice;
 * one that stays is always seen. Returns 0 or -ENOMEM.
 */
int map_reader_open(struct map_reader *reader, int fd, const struct bpf_map_info *info);

/*
 * Read the next batch; of prefixes the bits behind them are zero, which the kernel keeps as they
 * were written, and ignores. Returns the number of entries, 0 at the end, or a negative errno.
 */
int map_reader_next(struct map_reader *reader);
void map_reader_close(struct map_reader *reader);

/*
 * Write all entries, with BPF_NOEXIST or BPF_ANY. For each that the kernel refuses, `refused` is
 * called with its number and the errno, and the rest goes on; what it returns, if not 0, ends all.
 * Returns 0 or a negative errno.
 */
int entries_write(const struct entries *entries, int fd, __u64 flags,
                  int (*refused)(void *context, __u32 i, int err), void *context);

#endif
