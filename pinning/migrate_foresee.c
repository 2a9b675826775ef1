// SPDX-License-Identifier: GPL-2.0-or-later
/* What would not fit, counted without writing anything. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/migrate_internal.h"
#include "pinning/migrate_prefixes.h"

struct foreseeing {
	struct migration *m;
	__u8 *key, *value, *present; /* of the new map */
	struct table keys;           /* that are in the new map by then, if they may become equal */
	struct prefixes new_keys;    /* of one that is in use */
	__u64 entries;               /* that are in it by then */
	bool no_memory;
};

/* Nothing is lost, and nothing made, with a slot that nobody used. */
static bool is_unused(const struct migration *m, const void *value)
{
	return map_is_array(m->from.info.type) &&
	       bytes_are_zero(value, map_value_bytes(&m->from.info));
}

static const char *misfit(struct foreseeing *f, const void *key, const void *value)
{
	struct migration *m = f->m;
	const char *why;

	why = migrate_key(m, key, f->key);
	/* Counters are added one by one. */
	return why || m->class == MIGRATE_COUNTER ? why : migrate_value(m, value, f->value);
}

/* What the new map has there; it begins with zeros if it is still to be made. */
static bool is_there(struct foreseeing *f)
{
	const struct migrate_map *to = &f->m->to;
	size_t bytes = map_value_bytes(&to->info);

	memset(f->present, 0, bytes);
	if (!f->m->in_use || prefixes_lack(&f->new_keys, f->key) ||
	    bpf_map_lookup_elem(to->fd, f->key, f->present)) {
		memset(f->present, 0, bytes);
		return false;
	}
	return !map_is_array(to->info.type) || f->m->class == MIGRATE_COUNTER ||
	       !bytes_are_zero(f->present, bytes);
}

/* What migrate_copy() does with two old keys that become one, or what is done where the key is
 * there: the value that the new map has stays. */
static const char *no_place(struct foreseeing *f)
{
	struct migration *m = f->m;

	if (is_there(f)) {
		m->report.in_both++;
		m->report.conflicts +=
			m->class != MIGRATE_COUNTER &&
			memcmp(f->present, f->value, map_value_bytes(&m->to.info)) != 0;
		return NULL;
	}
	/* Zeros are in that slot. */
	if (map_is_array(m->to.info.type) && m->class != MIGRATE_COUNTER &&
	    bytes_are_zero(f->value, map_value_bytes(&m->to.info)))
		return NULL;
	if (m->key.lossy && table_find(&f->keys, f->key))
		return m->class == MIGRATE_COUNTER || m->in_use
		               ? NULL
		               : "another entry has the same key in the new map";
	if (!map_is_array(m->to.info.type) && f->entries >= m->to.info.max_entries)
		return "the new map is full";
	f->entries++;
	m->report.added +=
		m->in_use && !(m->class == MIGRATE_COUNTER && map_is_array(m->to.info.type));
	f->no_memory |= m->key.lossy && !table_put(&f->keys, f->key, "", TABLE_COPIED);
	return NULL;
}

/* Each CPU's must fit by itself, into what that CPU has in the new map. */
static void count_stuck(struct foreseeing *f, const void *key, const __u8 *value)
{
	struct migration *m = f->m;
	size_t step = (m->value.from_size + 7) / 8 * 8, bytes = map_value_bytes(&m->from.info);
	size_t new_step = (m->value.to_size + 7) / 8 * 8;
	const __u8 *present = f->present;
	const char *why = NULL;

	if (!map_is_percpu(m->from.info.type))
		step = bytes;
	if (!map_is_percpu(m->to.info.type))
		new_step = 0;
	for (size_t at = 0; at < bytes; at += step, present += new_step) {
		for (size_t i = 0; i < m->value.len; i++) {
			switch (fields_merge(&m->value.list[i], value + at, present)) {
			case FIELD_MERGED: break;
			case FIELD_STUCK:
				m->report.counters_left++;
				why = "a counter does not fit its narrower field";
				break;
			case FIELD_UNADDED:
				m->report.fields_left++;
				why = m->value.list[i].apart
				              ? "16 bits at the end of a value cannot be added"
				              : "a counter cannot be added where its new field is";
				break;
			}
		}
	}
	if (why)
		migrate_note_problem(m, key, why);
}

static int count_misfits(struct foreseeing *f, struct map_reader *reader)
{
	struct migration *m = f->m;
	const char *why;
	int count;

	while ((count = map_reader_next(reader)) > 0) {
		for (int i = 0; i < count; i++) {
			const void *old_key = entries_key(&reader->batch, i);
			const void *old = entries_value(&reader->batch, i);

			if (migrate_is_empty(m, old_key, old))
				continue;
			m->report.entries++;
			m->report.moved++;
			if (is_unused(m, old))
				continue;
			why = misfit(f, old_key, old);
			if (!why)
				why = no_place(f);
			m->report.moved -= !!why;
			if (why)
				migrate_left(m, old_key, why);
			else if (m->class == MIGRATE_COUNTER)
				count_stuck(f, old_key, old);
		}
		migrate_progress(m, m->report.entries);
	}
	return f->no_memory ? -ENOMEM : count;
}

/* Of a map that is in use: what it has takes room. */
static int look_at_target(struct foreseeing *f)
{
	const struct migrate_map *to = &f->m->to;
	struct map_reader reader;
	int count, err = prefixes_read(&f->new_keys, to->fd, &to->info);

	if (err || map_is_array(to->info.type))
		return err;
	err = map_reader_open(&reader, to->fd, &to->info);
	if (err)
		return err;
	while ((count = map_reader_next(&reader)) > 0)
		f->entries += count;
	map_reader_close(&reader);
	return count;
}

int migrate_foresee(struct migration *m, bool may_try)
{
	struct foreseeing f = { .m = m };
	struct map_reader reader;
	int err;

	/* How many entries an LRU map keeps, nobody can tell but the map. */
	if (may_try && m->class != MIGRATE_COUNTER && map_is_lru(m->to.info.type))
		return migrate_copy(m);
	err = map_reader_open(&reader, m->from.fd, &m->from.info);
	if (err)
		return failed(err, "cannot read map %s", m->from.info.name);
	table_init(&f.keys, m->to.info.key_size, 0);
	f.key = calloc(1, m->to.info.key_size);
	f.value = calloc(2, map_value_bytes(&m->to.info));
	f.present = f.value ? f.value + map_value_bytes(&m->to.info) : NULL;
	err = f.key && f.value ? 0 : -ENOMEM;
	if (!err && m->in_use)
		err = look_at_target(&f);
	if (!err)
		err = count_misfits(&f, &reader);
	if (err)
		failed(err, "cannot read map %s", m->from.info.name);
	free(f.key);
	free(f.value);
	table_free(&f.keys);
	prefixes_free(&f.new_keys);
	map_reader_close(&reader);
	return err;
}

/* Nothing of it is in the report afterwards. */
static int foresee_apart(struct migration *m, struct migrate_report *foreseen)
{
	const struct migrate_report was = m->report;
	int err;

	memset(&m->report, 0, sizeof(m->report));
	err = migrate_foresee(m, false);
	*foreseen = m->report;
	m->report = was;
	return err;
}

int migrate_count_refused(struct migration *m, __u64 *refused)
{
	struct migrate_report foreseen;
	int err;

	*refused = 0;
	if (!m->in_use || !map_is_frozen(m->to.fd))
		return 0;
	err = foresee_apart(m, &foreseen);
	*refused = foreseen.added;
	return err;
}

int migrate_count_in_both(struct migration *m, __u64 *in_both)
{
	struct migrate_report foreseen;
	int err = foresee_apart(m, &foreseen);

	*in_both = foreseen.in_both;
	return err;
}
