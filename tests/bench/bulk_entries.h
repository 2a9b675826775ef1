/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A big hash of the benchmark: what is put into it, and whether all of it is there. */
#ifndef BENCH_BULK_ENTRIES_H
#define BENCH_BULK_ENTRIES_H

#include <linux/types.h>
#include "tests/bench/table.h"

#define BULK_PIN  "/sys/fs/bpf/bench_bulk"
#define BULK_FILE "/run/tmp/bench.entries" /* what bpftool batch reads */

/* Key and value of each; no key comes twice. */
struct entries {
	__u32 count;
	__u32 *keys;
	__u64 *values;
};

extern struct entries entries;

/* Returns 0 or a negative errno, reported. bulk_entries_free() must follow in any case. */
int bulk_entries_make(__u32 count);
void bulk_entries_free(void);

/* Tell a table that it is about fewer than targets are, if it is. */
void bulk_entries_tell(struct table *table);

/* An empty map with room for them, pinned. Returns its descriptor or a negative errno, reported. */
int bulk_entries_map(void);

/* Put all of them into it, in one call. Returns 0 or a negative errno. */
int bulk_entries_put(int map_fd);

/* Look a thousand of them up. Returns 0 or a negative errno, reported. */
int bulk_entries_check(int map_fd);

/* Write BULK_FILE. Returns 0 or a negative errno, reported. */
int entries_write_batch(void);

#endif
