// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An LRU map takes every entry and drops others to make room, long before it is full: what was
 * written to one is looked for again.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include "pinning/migrate_internal.h"

static int look_for(struct migration *m, struct table_entry *entry, void *key, void *value)
{
	int err;

	if (migrate_key(m, table_key(entry), key))
		return 0;
	err = bpf_map_lookup_elem(m->to.fd, key, value);
	if (err != -ENOENT)
		return err;
	entry->state = TABLE_LEFT;
	migrate_left(m, table_key(entry), "the new map is an LRU, and dropped it to make room");
	return migrate_snapshot_put(m, entry);
}

int migrate_look_for_dropped(struct migration *m)
{
	void *key, *value;
	__u64 left = m->report.left;
	int err = 0;

	if (!map_is_lru(m->to.info.type))
		return 0;
	key = calloc(1, m->to.info.key_size);
	value = calloc(1, map_value_bytes(&m->to.info));
	if (!key || !value)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < m->base.len; i++) {
		struct table_entry *entry = table_at(&m->base, i);

		if (entry->state == TABLE_COPIED)
			err = look_for(m, entry, key, value);
	}
	left = m->report.left - left;
	m->report.moved -= left < m->report.moved ? left : m->report.moved;
	free(key);
	free(value);
	return err;
}
