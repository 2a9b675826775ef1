// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The keys of counters in a hash. A program that asks whether one is there, as it does with a list
 * that counts what it stops, must get the same answer before and after the switch: so the new map
 * has every key before it is in use, and the counts follow.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include "pinning/migrate_internal.h"
#include "pinning/migrate_prefixes.h"

struct keying {
	struct migration *m;
	__u8 *key, *zero, *present; /* of the new map */
	__u8 *old;                  /* a value of the old map */
	struct prefixes old_keys;
};

bool migrate_has_keys(const struct migration *m)
{
	/* Of an array every slot is there. */
	return m->class == MIGRATE_COUNTER && !map_is_array(m->from.info.type) &&
	       !map_is_array(m->to.info.type);
}

bool migrate_copies(const struct migration *m)
{
	return m->class != MIGRATE_COUNTER || migrate_has_keys(m);
}

void migrate_set_in_use(struct migration *m)
{
	m->in_use = true;
}

static int keying_alloc(struct keying *k, struct migration *m)
{
	size_t value_bytes = map_value_bytes(&m->to.info);

	k->m = m;
	k->key = calloc(1, m->to.info.key_size + 2 * value_bytes + map_value_bytes(&m->from.info));
	if (!k->key)
		return -ENOMEM;
	k->zero = k->key + m->to.info.key_size;
	k->present = k->zero + value_bytes;
	k->old = k->present + value_bytes;
	return 0;
}

/*
 * Make the key in r->key. What does not get in is made, or told, by migrate_merge(); so is what
 * others would have to give way to in an LRU map that counts already.
 */
static int make(struct keying *k, enum table_state *state)
{
	int err, fd = k->m->to.fd;

	*state = TABLE_NEW_WINS;
	if (map_is_lru(k->m->to.info.type) && !bpf_map_lookup_elem(fd, k->key, k->present))
		return 0;
	*state = TABLE_LEFT;
	if (map_is_lru(k->m->to.info.type) && k->m->in_use)
		return 0;
	err = bpf_map_update_elem(fd, k->key, k->zero, BPF_NOEXIST);
	switch (err) {
	case 0: *state = TABLE_COPIED; break;
	/* The new program has made it. */
	case -EEXIST: *state = TABLE_NEW_WINS; break;
	case -E2BIG:
	case -ENOSPC: break;
	default: return err;
	}
	if (k->m->has_base)
		k->m->report.added += !err;
	else
		k->m->report.created += !err;
	return 0;
}

static int add(struct keying *k, const void *key)
{
	enum table_state state = TABLE_LEFT;
	struct table_entry *entry;
	int err = 0;

	if (!migrate_key(k->m, key, k->key))
		err = make(k, &state);
	entry = err ? NULL : table_put(&k->m->base, key, "", state);
	if (!entry)
		return err ? err : -ENOMEM;
	entry->seen = k->m->round;
	return migrate_snapshot_put(k->m, entry);
}

static int add_all(struct keying *k)
{
	struct migration *m = k->m;
	struct map_reader reader;
	int count, err;
	size_t at = 0;

	err = map_reader_open(&reader, m->from.fd, &m->from.info);
	if (err)
		return err;
	m->report.entries = 0;
	while (!err && (count = map_reader_next(&reader)) != 0) {
		err = count < 0 ? count : 0;
		for (int i = 0; !err && i < count; i++) {
			const void *key = entries_key(&reader.batch, i);
			struct table_entry *entry = table_find_next(&m->base, key, &at);

			m->report.entries++;
			if (entry && entry->state != TABLE_GONE)
				entry->seen = m->round;
			else
				err = add(k, key);
		}
		migrate_progress(m, m->report.entries);
	}
	map_reader_close(&reader);
	return err;
}

/* The key is gone from the old map: from the new one as well, if that has it from there alone. */
static int withdraw(struct keying *k, struct table_entry *entry)
{
	struct migration *m = k->m;
	int err;

	/* It may have come while the rest was read. Of two keys that became one, the other stays.
	 */
	if (m->key.lossy || (!prefixes_lack(&k->old_keys, table_key(entry)) &&
	                     bpf_map_lookup_elem(m->from.fd, table_key(entry), k->old) != -ENOENT))
		return 0;
	err = entry->state != TABLE_COPIED || migrate_key(m, table_key(entry), k->key)
	              ? -ENOENT
	              : bpf_map_lookup_elem(m->to.fd, k->key, k->present);
	if (!err && !bytes_are_zero(k->present, map_value_bytes(&m->to.info))) {
		m->report.keys_stay++;
		entry->state = TABLE_NEW_WINS;
		return migrate_snapshot_put(m, entry);
	}
	if (!err)
		err = bpf_map_delete_elem(m->to.fd, k->key);
	if (err && err != -ENOENT)
		return err;
	m->report.deleted += !err;
	entry->state = TABLE_GONE;
	return migrate_snapshot_put(m, entry);
}

int migrate_reconcile_keys(struct migration *m)
{
	struct keying k = {};
	int err = keying_alloc(&k, m);

	if (!err)
		err = add_all(&k);
	if (!err)
		err = prefixes_read(&k.old_keys, m->from.fd, &m->from.info);
	for (size_t i = 0; !err && i < m->base.len; i++) {
		struct table_entry *entry = table_at(&m->base, i);

		if (entry->seen != m->round &&
		    (entry->state == TABLE_COPIED || entry->state == TABLE_LEFT))
			err = withdraw(&k, entry);
	}
	prefixes_free(&k.old_keys);
	free(k.key);
	return err;
}

int migrate_add_keys(struct migration *m)
{
	struct keying k = {};
	int err = keying_alloc(&k, m);

	m->in_use = true;
	if (!err)
		err = add_all(&k);
	/* Only a whole list of them tells which are not there any more. */
	m->has_base = !err;
	m->report.entries = 0; /* migrate_merge() counts them */
	free(k.key);
	return err;
}
