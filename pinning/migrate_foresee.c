// SPDX-License-Identifier: GPL-2.0-or-later
/* What would not fit, counted without writing anything. */
#include <errno.h>
#include <stdlib.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/migrate_internal.h"

static const char *stays_apart(const struct migration *m, const __u8 *value)
{
	for (size_t i = 0; i < m->value.len; i++) {
		const struct field *f = &m->value.list[i];

		if (f->apart && !bytes_are_zero(value + f->from / 8, f->from_bits / 8))
			return "a counter cannot be added where its new field is";
	}
	return NULL;
}

/* Counters are added one by one: each CPU's must fit by itself. */
static const char *counters_misfit(struct migration *m, const __u8 *value, __u8 *converted)
{
	size_t step = (m->value.from_size + 7) / 8 * 8, bytes = map_value_bytes(&m->from.info);

	if (!map_is_percpu(m->from.info.type))
		step = bytes;
	for (size_t at = 0; at < bytes; at += step) {
		const char *why = stays_apart(m, value + at);

		if (why)
			return why;
		if (fields_convert(&m->value, value + at, converted))
			return "a counter does not fit its narrower field";
	}
	return NULL;
}

struct foreseeing {
	struct migration *m;
	__u8 *key, *value; /* of the new map */
	struct table keys; /* that are in the new map by then, if they may become equal */
	__u64 entries;     /* that are in it by then */
	bool no_memory;
};

static const char *misfit(struct foreseeing *f, const void *key, const void *value)
{
	struct migration *m = f->m;
	const char *why;

	/* Nothing is lost with a slot that nobody used. */
	if (map_is_array(m->from.info.type) &&
	    bytes_are_zero(value, map_value_bytes(&m->from.info)))
		return NULL;
	why = migrate_key(m, key, f->key);
	if (why)
		return why;
	return m->class == MIGRATE_COUNTER ? counters_misfit(m, value, f->value)
	                                   : migrate_value(m, value, f->value);
}

/* What migrate_copy() does with two old keys that become one. */
static const char *no_place(struct foreseeing *f)
{
	struct migration *m = f->m;

	if (m->key.lossy && table_find(&f->keys, f->key))
		return m->class == MIGRATE_COUNTER
		               ? NULL
		               : "another entry has the same key in the new map";
	if (!map_is_array(m->to.info.type) && f->entries >= m->to.info.max_entries)
		return "the new map is full";
	f->entries++;
	f->no_memory |= m->key.lossy && !table_put(&f->keys, f->key, "", TABLE_COPIED);
	return NULL;
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
			why = misfit(f, old_key, old);
			if (!why)
				why = no_place(f);
			if (why)
				migrate_left(m, old_key, why);
			else
				m->report.moved++;
		}
		migrate_progress(m, m->report.entries);
	}
	return f->no_memory ? -ENOMEM : count;
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
	f.value = calloc(1, map_value_bytes(&m->to.info));
	err = f.key && f.value ? count_misfits(&f, &reader) : -ENOMEM;
	if (err)
		failed(err, "cannot read map %s", m->from.info.name);
	free(f.key);
	free(f.value);
	table_free(&f.keys);
	map_reader_close(&reader);
	return err;
}
