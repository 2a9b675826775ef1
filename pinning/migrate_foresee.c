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

static const char *misfit(struct migration *m, const void *key, const void *value, __u8 *new_key,
                          __u8 *new_value)
{
	bool bounded = !map_is_array(m->to.info.type);
	const char *why;

	/* Nothing is lost with a slot that nobody used. */
	if (map_is_array(m->from.info.type) &&
	    bytes_are_zero(value, map_value_bytes(&m->from.info)))
		return NULL;
	why = migrate_key(m, key, new_key);
	if (!why)
		why = m->class == MIGRATE_COUNTER ? counters_misfit(m, value, new_value)
		                                  : migrate_value(m, value, new_value);
	if (!why && bounded && m->report.moved >= m->to.info.max_entries)
		why = "the new map is full";
	return why;
}

static int count_misfits(struct migration *m, struct map_reader *reader, __u8 *key, __u8 *value)
{
	const char *why;
	int count;

	while ((count = map_reader_next(reader)) > 0) {
		for (int i = 0; i < count; i++) {
			const void *old_key = entries_key(&reader->batch, i);
			const void *old = entries_value(&reader->batch, i);

			if (migrate_is_empty(m, old_key, old))
				continue;
			m->report.entries++;
			why = misfit(m, old_key, old, key, value);
			if (why)
				migrate_left(m, old_key, why);
			else
				m->report.moved++;
		}
		migrate_progress(m, m->report.entries);
	}
	return count;
}

int migrate_foresee(struct migration *m, bool may_try)
{
	struct map_reader reader;
	__u8 *key, *value;
	int err;

	/* How many entries an LRU map keeps, nobody can tell but the map. */
	if (may_try && m->class != MIGRATE_COUNTER && map_is_lru(m->to.info.type))
		return migrate_copy(m);
	err = map_reader_open(&reader, m->from.fd, &m->from.info);
	if (err)
		return failed(err, "cannot read map %s", m->from.info.name);
	key = calloc(1, m->to.info.key_size);
	value = calloc(1, map_value_bytes(&m->to.info));
	err = key && value ? count_misfits(m, &reader, key, value) : -ENOMEM;
	if (err)
		failed(err, "cannot read map %s", m->from.info.name);
	free(key);
	free(value);
	map_reader_close(&reader);
	return err;
}
