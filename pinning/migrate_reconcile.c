// SPDX-License-Identifier: GPL-2.0-or-later
/* What others changed in the old map after it was copied: see migrate_reconcile() for the rule. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "pinning/migrate_exchange.h"
#include "pinning/migrate_internal.h"
#include "pinning/migrate_prefixes.h"

struct reconciling {
	struct migration *m;
	__u8 *old; /* a value of the old map; the others are in the shape of the new one */
	__u8 *key;
	__u8 *present; /* the value that the new map has */
	__u8 *copied;  /* the value that it was given */
	__u8 *wanted;  /* the value that the old map has now, converted */
	size_t value_bytes;
	struct prefixes old_keys, new_keys; /* once the old map was read, and before it */
	__u32 round;                        /* entries seen in this one carry its number */
};

/* An array's slot of zeros is as good as none. */
static bool counts_as_none(const struct reconciling *r, const __u8 *value)
{
	return map_is_array(r->m->to.info.type) && bytes_are_zero(value, r->value_bytes);
}

static int look_up(struct reconciling *r, bool *there)
{
	int err;

	*there = false;
	if (prefixes_lack(&r->new_keys, r->key))
		return 0;
	err = bpf_map_lookup_elem(r->m->to.fd, r->key, r->present);
	*there = !err && !counts_as_none(r, r->present);
	return err == -ENOENT ? 0 : err;
}

static bool is_present(const struct reconciling *r, const __u8 *value)
{
	return !memcmp(r->present, value, r->value_bytes);
}

/* The new map still has what it was given for this entry. */
static bool untouched(struct reconciling *r, struct table_entry *entry, bool there)
{
	const char *why;

	if (!entry || entry->state == TABLE_LEFT || entry->state == TABLE_GONE)
		return !there;
	if (entry->state == TABLE_NEW_WINS)
		return false;
	why = migrate_value(r->m, table_value(&r->m->base, entry), r->copied);
	if (why)
		return false;
	return there ? is_present(r, r->copied) : counts_as_none(r, r->copied);
}

static int remember(struct reconciling *r, const void *key, const void *value,
                    enum table_state state)
{
	struct table_entry *entry = table_put(&r->m->base, key, value, state);

	if (!entry)
		return -ENOMEM;
	entry->seen = r->round;
	/* Only after the new map has it: killed in between, it is found there and nothing is lost.
	 */
	return migrate_snapshot_put(r->m, entry);
}

static int leave(struct reconciling *r, const void *key, const void *value, const char *why,
                 enum table_state state)
{
	if (why)
		migrate_left(r->m, key, why);
	else
		r->m->report.conflicts++;
	return remember(r, key, value, state);
}

/* A program that counts in the new map may be on. */
static bool is_on(const struct migration *m)
{
	return m->in_use || m->resumed;
}

/*
 * A whole number, such as programs count in, that neither map has as it was copied; also if both
 * have the same: programs can have counted as much in the one as in the other.
 */
static bool counts_in_both(struct reconciling *r, struct table_entry *entry)
{
	/* Whoever made it in both, nobody copied it; but only if the copy was all there was. */
	if (!entry && r->m->copied)
		memset(r->copied, 0, r->value_bytes);
	else if (!entry || entry->state != TABLE_COPIED ||
	         migrate_value(r->m, table_value(&r->m->base, entry), r->copied))
		return false;
	for (size_t i = 0; i < r->m->value.len; i++) {
		const struct field *field = &r->m->value.list[i];
		size_t at = field->to / 8, len = field->to_bits / 8;

		if (field->kind == FIELD_INTEGER && field->counter &&
		    memcmp(r->wanted + at, r->copied + at, len) &&
		    memcmp(r->present + at, r->copied + at, len))
			return true;
	}
	return false;
}

/*
 * How an entry is written that the new map had, or had not, just before. Of arrays, devmaps and
 * cpumaps every slot exists: the kernel answers BPF_NOEXIST with EEXIST, also where it is empty.
 */
static __u64 write_flags(const struct reconciling *r, bool there)
{
	__u32 type = r->m->to.info.type;

	if (map_is_array(type) || type == BPF_MAP_TYPE_DEVMAP || type == BPF_MAP_TYPE_CPUMAP)
		return BPF_ANY;
	return there ? BPF_EXIST : BPF_NOEXIST;
}

/*
 * Write what is wanted, where the new map had, or had not, an entry just before. In one in which a
 * program may count by now only what has changed is replaced, and only if it is still as it was:
 * -EAGAIN if not. Where that cannot be done, the entry may have lost what was counted in between.
 */
static int write_entry(struct reconciling *r, bool there)
{
	struct migration *m = r->m;
	bool touchy = m->class == MIGRATE_CONFIG && is_on(m) && migrate_may_count(m) &&
	              (there || map_is_array(m->to.info.type));
	int err = touchy ? migrate_exchange(m, r->key, r->present, r->wanted) : -EOPNOTSUPP;

	if (err != -EOPNOTSUPP)
		return err > 0 ? 0 : err ? err : -EAGAIN;
	err = bpf_map_update_elem(m->to.fd, r->key, r->wanted, write_flags(r, there));
	m->report.overwritten += !err && touchy;
	return err;
}

/* Both maps have changed: the new one's stays. */
static int give_way(struct reconciling *r, struct table_entry *entry, const void *key,
                    const void *value)
{
	r->m->report.counts_in_both += (entry || is_on(r->m)) && counts_in_both(r, entry);
	return leave(r, key, value, NULL, TABLE_NEW_WINS);
}

/* The new map has what is wanted: edited alike, or counted in as often, which cannot be told. */
static int keep_equal(struct reconciling *r, struct table_entry *entry, const void *key,
                      const void *value)
{
	if (is_on(r->m) && r->m->class == MIGRATE_CONFIG && counts_in_both(r, entry)) {
		r->m->report.conflicts++;
		r->m->report.counts_in_both++;
	}
	return remember(r, key, value, TABLE_COPIED);
}

/*
 * The old array has zeros there, which count as no entry: of a slot that it had nothing for, or
 * that has zeros in the new one as well. Written over it, they would be counts lost.
 */
static bool brings_nothing(const struct reconciling *r, const struct table_entry *entry,
                           const __u8 *value, bool there)
{
	if (!map_is_array(r->m->from.info.type) ||
	    !bytes_are_zero(value, map_value_bytes(&r->m->from.info)))
		return !there && counts_as_none(r, r->wanted);
	return !there || !entry || entry->state == TABLE_LEFT || entry->state == TABLE_GONE;
}

/* The old map has this entry, and another value than the base or none there. */
static int bring(struct reconciling *r, struct table_entry *entry, const void *key,
                 const void *value)
{
	bool known = entry && entry->state == TABLE_COPIED, there;
	const char *why = migrate_key(r->m, key, r->key);
	int err;

	if (entry && entry->state == TABLE_LEFT)
		migrate_not_left(r->m, key);
	if (!why)
		why = migrate_value(r->m, value, r->wanted);
	if (why)
		return leave(r, key, value, why, known ? TABLE_NEW_WINS : TABLE_LEFT);
	err = look_up(r, &there);
	if (err)
		return err;
	if (brings_nothing(r, entry, value, there))
		return remember(r, key, value, there ? TABLE_NEW_WINS : TABLE_COPIED);
	if (there && is_present(r, r->wanted))
		return keep_equal(r, entry, key, value);
	if (!untouched(r, entry, there))
		return there ? give_way(r, entry, key, value)
		             : leave(r, key, value, NULL, TABLE_NEW_WINS);
	err = write_entry(r, there);
	if (err == -EAGAIN || err == -EEXIST) {
		/* What it has by now. */
		err = look_up(r, &there);
		return err     ? err
		       : there ? give_way(r, entry, key, value)
		               : leave(r, key, value, NULL, TABLE_NEW_WINS);
	}
	if (err == -ENOENT)
		return leave(r, key, value, NULL, TABLE_NEW_WINS);
	if (err == -E2BIG || err == -ENOSPC)
		return leave(r, key, value, "the new map is full", TABLE_LEFT);
	if (err == -ENODEV)
		return leave(r, key, value, "its interface is gone",
		             known ? TABLE_NEW_WINS : TABLE_LEFT);
	if (err)
		return err;
	if (known)
		r->m->report.changed++;
	else
		r->m->report.added++;
	return remember(r, key, value, TABLE_COPIED);
}

static int compare_old(struct reconciling *r, struct map_reader *reader)
{
	struct migration *m = r->m;
	int count, err = 0;
	size_t at = 0; /* the kernel keeps the order in which it was copied, but for what changed */

	m->report.entries = 0;
	while ((count = map_reader_next(reader)) > 0) {
		for (int i = 0; !err && i < count; i++) {
			void *key = entries_key(&reader->batch, i);
			void *value = entries_value(&reader->batch, i);
			struct table_entry *entry;

			if (migrate_is_empty(m, key, value))
				continue;
			entry = table_find_next(&m->base, key, &at);
			m->report.entries++;
			if (entry && entry->state != TABLE_GONE &&
			    !memcmp(table_value(&m->base, entry), value, m->base.value_bytes))
				entry->seen = r->round;
			else
				err = bring(r, entry, key, value);
		}
		if (err)
			return err;
		migrate_progress(m, m->report.entries);
	}
	return count;
}

/* The entry was not seen in the old map. */
static int withdraw(struct reconciling *r, struct table_entry *entry)
{
	bool there, same, array = map_is_array(r->m->to.info.type);
	enum table_state state = TABLE_GONE;
	int err = 0;

	/* It may have come while the rest was read: the next round has it. */
	if (!prefixes_lack(&r->old_keys, table_key(entry)) &&
	    bpf_map_lookup_elem(r->m->from.fd, table_key(entry), r->old) != -ENOENT &&
	    !migrate_is_empty(r->m, table_key(entry), r->old))
		return 0;
	if (entry->state == TABLE_COPIED && !migrate_key(r->m, table_key(entry), r->key)) {
		err = look_up(r, &there);
		if (err)
			return err;
		same = there && untouched(r, entry, there);
		if (same) {
			memset(r->wanted, 0, r->value_bytes);
			err = array ? write_entry(r, there)
			            : bpf_map_delete_elem(r->m->to.fd, r->key);
			r->m->report.deleted += !err;
		}
		if (err == -EAGAIN || (there && !same)) {
			err = 0;
			r->m->report.conflicts++;
			state = TABLE_NEW_WINS;
		}
	}
	if (err && err != -ENOENT)
		return err;
	if (entry->state == TABLE_LEFT)
		migrate_not_left(r->m, table_key(entry));
	entry->state = state;
	return migrate_snapshot_put(r->m, entry);
}

static int compare_base(struct reconciling *r)
{
	int err = prefixes_read(&r->old_keys, r->m->from.fd, &r->m->from.info);

	/*
	 * What is gone from an LRU map was deleted, or dropped to make room, which nobody can tell
	 * apart. The new map follows in either case: a rule that a tool took back, or a connection
	 * that a program closed, must not come back, and without a migration what was dropped would
	 * be gone as well.
	 */
	for (size_t i = 0; !err && i < r->m->base.len; i++) {
		struct table_entry *entry = table_at(&r->m->base, i);

		if (entry->seen != r->round && entry->state != TABLE_GONE &&
		    entry->state != TABLE_NEW_WINS)
			err = withdraw(r, entry);
	}
	return err;
}

static int reconciling_alloc(struct reconciling *r)
{
	size_t old_bytes = map_value_bytes(&r->m->from.info);

	r->value_bytes = map_value_bytes(&r->m->to.info);
	r->old = calloc(1, old_bytes + r->m->to.info.key_size + 3 * r->value_bytes);
	if (!r->old)
		return -ENOMEM;
	r->key = r->old + old_bytes;
	r->present = r->key + r->m->to.info.key_size;
	r->copied = r->present + r->value_bytes;
	r->wanted = r->copied + r->value_bytes;
	return 0;
}

int migrate_reconcile(struct migration *m)
{
	struct reconciling r = { .m = m };
	struct map_reader reader;
	int err = migrate_ready(m);

	if (err || !migrate_copies(m) || (m->class == MIGRATE_COUNTER && !m->has_base))
		return err;
	migrate_quiesce();
	m->round++;
	if (m->class == MIGRATE_COUNTER) {
		err = migrate_reconcile_keys(m);
		return err ? failed(err, "cannot bring the keys of map %s over", m->from.info.name)
		           : 0;
	}
	r.round = m->round;
	err = map_reader_open(&reader, m->from.fd, &m->from.info);
	if (err)
		return failed(err, "cannot read map %s", m->from.info.name);
	err = reconciling_alloc(&r);
	if (!err)
		err = prefixes_read(&r.new_keys, m->to.fd, &m->to.info);
	if (!err)
		err = compare_old(&r, &reader);
	if (!err)
		err = compare_base(&r);
	/* Of flow state, what packets add to the new map drops as much. */
	if (!err && m->class == MIGRATE_CONFIG)
		err = migrate_look_for_dropped(m);
	if (err)
		failed(err, "cannot bring the changes of map %s over", m->from.info.name);
	free(r.old);
	prefixes_free(&r.old_keys);
	prefixes_free(&r.new_keys);
	map_reader_close(&reader);
	return err;
}
