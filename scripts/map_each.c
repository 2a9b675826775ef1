// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "scripts/map_each.h"

#define BATCH 1024

struct walk {
	int fd;
	const struct bpf_map_info *info;
	size_t value_bytes; /* of one entry, for all CPUs */
	int (*visit)(const void *key, const void *value, void *arg);
	void *arg;
	__u32 room;
	__u8 *keys, *values;
};

static bool is_per_cpu(const struct bpf_map_info *info)
{
	return info->type == BPF_MAP_TYPE_PERCPU_ARRAY || info->type == BPF_MAP_TYPE_PERCPU_HASH ||
	       info->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

int map_values(const struct bpf_map_info *info)
{
	return is_per_cpu(info) ? libbpf_num_possible_cpus() : 1;
}

static int make_room(struct walk *w, __u32 room)
{
	__u8 *keys = reallocarray(w->keys, room, w->info->key_size);
	__u8 *values;

	if (!keys)
		return -ENOMEM;
	w->keys = keys;
	values = reallocarray(w->values, room, w->value_bytes);
	if (!values)
		return -ENOMEM;
	w->values = values;
	w->room = room;
	return 0;
}

static int visit_batch(struct walk *w, __u32 count)
{
	int ret = 0;

	for (__u32 i = 0; !ret && i < count; i++)
		ret = w->visit(w->keys + (size_t)i * w->info->key_size,
		               w->values + i * w->value_bytes, w->arg);
	return ret;
}

/*
 * Returns -EINVAL or -ENOTSUPP, which is 524, before it visited anything, if the kernel has no
 * batches for this type of map.
 */
static int walk_by_batch(struct walk *w)
{
	/* A hash map's position is the number of a bucket, others' a key. */
	size_t size = w->info->key_size < sizeof(__u32) ? sizeof(__u32) : w->info->key_size;
	__u8 *position = calloc(1, size);
	__u32 count;
	int err = 0, ret = 0;
	bool first = true;

	if (!position)
		return -ENOMEM;
	while (!err && !ret) {
		count = w->room;
		err = bpf_map_lookup_batch(w->fd, first ? NULL : position, position, w->keys,
		                           w->values, &count, NULL);
		/* One bucket has more entries than there is room for. */
		if (err == -ENOSPC) {
			err = make_room(w, w->room * 2);
			continue;
		}
		if (!err || err == -ENOENT)
			ret = visit_batch(w, count);
		first = false;
	}
	free(position);
	return ret ? ret : err == -ENOENT ? 0 : err;
}

/* A key that vanishes makes the walk begin again: it ends all the same. */
static int walk_by_key(struct walk *w)
{
	__u64 left = 2ULL * w->info->max_entries;
	__u8 *key = w->keys, *next = w->keys + w->info->key_size;
	const void *from = NULL;
	int ret = 0, err = 0;

	while (!ret && left--) {
		err = bpf_map_get_next_key(w->fd, from, next);
		if (err)
			break;
		memcpy(key, next, w->info->key_size);
		from = key;
		if (!bpf_map_lookup_elem(w->fd, key, w->values))
			ret = w->visit(key, w->values, w->arg);
	}
	return ret ? ret : err == -ENOENT ? 0 : err;
}

int map_each(int fd, const struct bpf_map_info *info,
             int (*visit)(const void *key, const void *value, void *arg), void *arg)
{
	struct walk w = { .fd = fd, .info = info, .visit = visit, .arg = arg };
	int count = map_values(info), err;

	if (count < 0)
		return count;
	w.value_bytes = info->value_size;
	if (is_per_cpu(info))
		w.value_bytes = (info->value_size + 7) / 8 * 8 * (size_t)count;
	err = make_room(&w, BATCH);
	if (!err)
		err = walk_by_batch(&w);
	if (err == -EINVAL || err == -524)
		err = walk_by_key(&w);
	free(w.keys);
	free(w.values);
	return err;
}

struct stats_record map_record_sum(const void *value, int cpus)
{
	const struct stats_record *records = value;
	struct stats_record sum = {};

	for (int cpu = 0; cpu < cpus; cpu++) {
		sum.rx_packets += records[cpu].rx_packets;
		sum.rx_bytes += records[cpu].rx_bytes;
	}
	return sum;
}
