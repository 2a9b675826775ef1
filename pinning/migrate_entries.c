// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "pinning/migrate_entries.h"

/* The kernel's own ENOTSUPP, not in <errno.h>: no batch operation for this type of map. */
#define KERNEL_ENOTSUPP 524

/* A batch may not end inside a bucket of a hash; no bucket should be as full as this. */
#define ROOM_MAX (1U << 24)

bool map_is_percpu(__u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

bool map_is_array(__u32 type)
{
	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

bool map_is_lru(__u32 type)
{
	return type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

size_t map_value_bytes(const struct bpf_map_info *info)
{
	if (!map_is_percpu(info->type))
		return info->value_size;
	return (info->value_size + 7UL) / 8 * 8 * libbpf_num_possible_cpus();
}

int entries_alloc(struct entries *entries, const struct bpf_map_info *info, __u32 room)
{
	entries->key_bytes = info->key_size;
	entries->value_bytes = map_value_bytes(info);
	entries->count = 0;
	entries->room = room;
	entries->keys = calloc(room, entries->key_bytes);
	entries->values = calloc(room, entries->value_bytes);
	if (entries->keys && entries->values)
		return 0;
	entries_free(entries);
	return -ENOMEM;
}

void entries_free(struct entries *entries)
{
	free(entries->keys);
	free(entries->values);
	memset(entries, 0, sizeof(*entries));
}

void *entries_key(const struct entries *entries, __u32 i)
{
	return entries->keys + i * entries->key_bytes;
}

void *entries_value(const struct entries *entries, __u32 i)
{
	return entries->values + i * entries->value_bytes;
}

/* Less for big values: a batch of a megabyte is enough. */
static __u32 room_for(const struct bpf_map_info *info)
{
	size_t fit = (1U << 20) / (info->key_size + map_value_bytes(info) + 1);

	return fit > ENTRIES_BATCH ? ENTRIES_BATCH : fit < 64 ? 64 : fit;
}

int map_reader_open(struct map_reader *reader, int fd, const struct bpf_map_info *info)
{
	memset(reader, 0, sizeof(*reader));
	reader->fd = fd;
	reader->prefixes = info->type == BPF_MAP_TYPE_LPM_TRIE;
	/* Hashes write a bucket number of 4 bytes there, others a key. */
	reader->token = calloc(1, info->key_size < 8 ? 8 : info->key_size);
	if (reader->token && !entries_alloc(&reader->batch, info, room_for(info)))
		return 0;
	map_reader_close(reader);
	return -ENOMEM;
}

void map_reader_close(struct map_reader *reader)
{
	free(reader->token);
	entries_free(&reader->batch);
	memset(reader, 0, sizeof(*reader));
}

/* A bucket is larger than the batch. */
static int grow(struct map_reader *reader)
{
	struct bpf_map_info info = { .type = BPF_MAP_TYPE_HASH };
	struct entries larger;
	int err;

	if (reader->batch.room >= ROOM_MAX)
		return -ENOSPC;
	info.key_size = reader->batch.key_bytes;
	info.value_size = reader->batch.value_bytes;
	err = entries_alloc(&larger, &info, 2 * reader->batch.room);
	if (err)
		return err;
	entries_free(&reader->batch);
	reader->batch = larger;
	return 0;
}

static int next_batch(struct map_reader *reader)
{
	struct entries *batch = &reader->batch;
	int err;

	do {
		batch->count = batch->room;
		err = bpf_map_lookup_batch(reader->fd, reader->started ? reader->token : NULL,
		                           reader->token, batch->keys, batch->values, &batch->count,
		                           NULL);
		if (err == -ENOSPC) {
			err = grow(reader);
			if (err)
				return err;
			err = -EAGAIN;
		}
	} while (err == -EAGAIN || err == -EINTR);
	if (err && err != -ENOENT)
		return err;
	reader->ended = err == -ENOENT;
	reader->started = true;
	return 0;
}

static int next_single(struct map_reader *reader)
{
	struct entries *batch = &reader->batch;
	int err = 0;

	batch->count = 0;
	while (!err && batch->count < batch->room) {
		void *key = entries_key(batch, batch->count);

		err = bpf_map_get_next_key(reader->fd, reader->started ? reader->token : NULL, key);
		if (err)
			break;
		reader->started = true;
		memcpy(reader->token, key, batch->key_bytes);
		/* An empty slot of a devmap, or deleted meanwhile. */
		err = bpf_map_lookup_elem(reader->fd, key, entries_value(batch, batch->count));
		if (!err)
			batch->count++;
		else if (err == -ENOENT)
			err = 0;
	}
	reader->ended = err == -ENOENT;
	return err == -ENOENT ? 0 : err;
}

/* A prefix may be there with any bits behind it: with zeros it is one key. */
static void cut_prefix(__u8 *key, size_t key_bytes)
{
	__u32 bits;

	memcpy(&bits, key, sizeof(bits));
	for (size_t at = sizeof(bits); at < key_bytes; at++) {
		__u32 before = (at - sizeof(bits)) * 8;

		if (before >= bits)
			key[at] = 0;
		else if (bits - before < 8)
			key[at] &= 0xff << (8 - (bits - before));
	}
}

int map_reader_next(struct map_reader *reader)
{
	int err = 0;

	reader->batch.count = 0;
	while (!reader->ended && !reader->batch.count) {
		err = reader->one_by_one ? -KERNEL_ENOTSUPP : next_batch(reader);
		/* EINVAL: Linux before 5.6, which has no batches. */
		if ((err == -KERNEL_ENOTSUPP || err == -EINVAL || err == -EOPNOTSUPP) &&
		    (reader->one_by_one || !reader->started)) {
			reader->one_by_one = true;
			err = next_single(reader);
		}
		if (err)
			return err;
	}
	for (__u32 i = 0; reader->prefixes && i < reader->batch.count; i++)
		cut_prefix(entries_key(&reader->batch, i), reader->batch.key_bytes);
	return (int)reader->batch.count;
}

int entries_write(const struct entries *entries, int fd, __u64 flags,
                  int (*refused)(void *context, __u32 i, int err), void *context)
{
	/* Batches know no BPF_NOEXIST. */
	bool batches = flags == BPF_ANY;
	__u32 done = 0;
	int err;

	while (done < entries->count) {
		__u32 count = entries->count - done;

		err = -KERNEL_ENOTSUPP;
		if (batches)
			err = bpf_map_update_batch(fd, entries_key(entries, done),
			                           entries_value(entries, done), &count, NULL);
		if (!err)
			return 0;
		if (batches && err != -KERNEL_ENOTSUPP && count <= entries->count - done &&
		    count > 0 && count < entries->count - done)
			done += count;
		/* The entry that stopped the batch says why itself. */
		batches = batches && err != -KERNEL_ENOTSUPP && err != -EINVAL;
		err = bpf_map_update_elem(fd, entries_key(entries, done),
		                          entries_value(entries, done), flags);
		if (err)
			err = refused(context, done, err);
		if (err)
			return err;
		done++;
	}
	return 0;
}
