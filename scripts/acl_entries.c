// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "scripts/acl_entries.h"

/* Entries read at once. */
#define CHUNK 4096

/* When there are so many times more than have room, they are looked through for double ones. */
#define CROWD 4

int acl_entries_add(struct acl_entries *entries, const void *key, __u16 ref, __u16 rank)
{
	struct acl_table_entry *entry;
	size_t room;

	/* Each key counts once, but nobody waits for millions of them to be refused. */
	if (entries->most && entries->len >= CROWD * entries->most) {
		acl_entries_sort(entries);
		if (entries->len > entries->most)
			return -E2BIG;
	}
	if (entries->len == entries->room) {
		room = entries->room ? entries->room * 2 : 256;
		entry = realloc(entries->list, room * sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		entries->list = entry;
		entries->room = room;
	}
	entry = &entries->list[entries->len];
	memset(entry, 0, sizeof(*entry));
	memcpy(entry->key, key, entries->key_size);
	entry->ref = ref;
	entry->rank = rank;
	entry->order = entries->added++;
	entries->len++;
	return 0;
}

void acl_entries_free(struct acl_entries *entries)
{
	free(entries->list);
	entries->list = NULL;
	entries->len = entries->room = 0;
}

static int compare(const void *a, const void *b)
{
	const struct acl_table_entry *x = a, *y = b;
	int by = memcmp(x->key, y->key, sizeof(x->key));

	if (!by)
		by = x->rank != y->rank ? x->rank - y->rank : x->order < y->order ? -1 : 1;
	return by;
}

void acl_entries_sort(struct acl_entries *entries)
{
	size_t kept = 0;

	if (!entries->len)
		return;
	qsort(entries->list, entries->len, sizeof(*entries->list), compare);
	for (size_t i = 1; i < entries->len; i++)
		if (memcmp(entries->list[i].key, entries->list[kept].key, ACL_KEY_SIZE))
			entries->list[++kept] = entries->list[i];
	entries->len = kept + 1;
}

static int compare_order(const void *a, const void *b)
{
	const struct acl_table_entry *x = a, *y = b;

	return x->order < y->order ? -1 : 1;
}

__u16 acl_entries_first_beyond(struct acl_entries *entries)
{
	qsort(entries->list, entries->len, sizeof(*entries->list), compare_order);
	return entries->list[entries->most].ref;
}

static int take(struct acl_entries *have, const void *key, __u16 ref, __u8 bank)
{
	if (((const __u8 *)key)[have->bank_at] != bank)
		return 0;
	return acl_entries_add(have, key, ref, 0);
}

/* For kernels whose tries know no batches (before 5.13). */
static int read_singly(struct acl_entries *have, int map_fd, __u8 bank)
{
	__u8 key[ACL_KEY_SIZE];
	const void *before = NULL;
	__u16 ref;
	int err = 0;

	while (!err && !bpf_map_get_next_key(map_fd, before, key)) {
		before = key;
		if (!bpf_map_lookup_elem(map_fd, key, &ref))
			err = take(have, key, ref, bank);
	}
	return err ? err : errno == ENOENT ? 0 : -errno;
}

/* What the map holds of that bank. */
static int read_bank(struct acl_entries *have, int map_fd, __u8 bank)
{
	__u8 *keys = malloc(CHUNK * have->key_size), *at = NULL, batch[ACL_KEY_SIZE];
	__u16 *refs = malloc(CHUNK * sizeof(*refs));
	__u32 count;
	int err = keys && refs ? 0 : -ENOMEM, end = 0;

	while (!err && !end) {
		count = CHUNK;
		if (bpf_map_lookup_batch(map_fd, at, batch, keys, refs, &count, NULL))
			end = errno;
		if (end && end != ENOENT)
			break;
		for (__u32 i = 0; i < count && !err; i++)
			err = take(have, keys + i * have->key_size, refs[i], bank);
		at = batch;
	}
	free(keys);
	free(refs);
	if (err || end == ENOENT)
		return err;
	have->len = 0;
	return read_singly(have, map_fd, bank);
}

int acl_entries_write(const struct acl_entries *entries, int map_fd, __u8 bank)
{
	struct acl_entries have = { .key_size = entries->key_size, .bank_at = entries->bank_at };
	size_t h = 0, w = 0;
	int err, by;

	err = read_bank(&have, map_fd, bank);
	acl_entries_sort(&have);
	/* What is to go goes first, so that there is room. */
	for (h = 0; h < have.len && !err; h++) {
		while (w < entries->len &&
		       memcmp(entries->list[w].key, have.list[h].key, ACL_KEY_SIZE) < 0)
			w++;
		if (w == entries->len ||
		    memcmp(entries->list[w].key, have.list[h].key, ACL_KEY_SIZE) != 0)
			err = bpf_map_delete_elem(map_fd, have.list[h].key) ? -errno : 0;
	}
	for (h = 0, w = 0; w < entries->len && !err; w++) {
		by = 1;
		while (h < have.len &&
		       (by = memcmp(have.list[h].key, entries->list[w].key, ACL_KEY_SIZE)) < 0)
			h++;
		if (h < have.len && !by && have.list[h].ref == entries->list[w].ref)
			continue;
		if (bpf_map_update_elem(map_fd, entries->list[w].key, &entries->list[w].ref,
		                        BPF_ANY))
			err = -errno;
	}
	acl_entries_free(&have);
	return err;
}
