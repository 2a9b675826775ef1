// SPDX-License-Identifier: GPL-2.0-or-later
/* Before the switch: every entry of the old map into the new one, which nobody uses yet. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "pinning/migrate_internal.h"

/* Converted entries that wait to be written, and where in the base each came from. */
struct outgoing {
	struct migration *m;
	struct entries batch;
	size_t *sources;
};

static int on_refused(void *context, __u32 i, int err)
{
	struct outgoing *out = context;
	struct table_entry *entry = table_at(&out->m->base, out->sources[i]);
	const char *why;

	switch (err) {
	case -EEXIST: why = "another entry has the same key in the new map"; break;
	case -E2BIG: why = "the new map is full"; break;
	case -ENOSPC: why = "the new map is full"; break;
	case -EINVAL: why = "the kernel refuses such an entry in the new map"; break;
	case -ENODEV: why = "its interface is gone"; break;
	default: return err;
	}
	entry->state = TABLE_LEFT;
	out->m->report.moved--;
	migrate_left(out->m, table_key(entry), why);
	return 0;
}

static int flush(struct outgoing *out)
{
	/* Two old keys that become one: the first wins, and the other is told. Counters add up. */
	bool first_wins = out->m->key.lossy && out->m->class != MIGRATE_COUNTER;
	__u64 flags = first_wins ? BPF_NOEXIST : BPF_ANY;
	int err = entries_write(&out->batch, out->m->to.fd, flags, on_refused, out);

	out->batch.count = 0;
	return err;
}

/* Remember an entry, and put it among the outgoing ones if it fits. */
static int take(struct outgoing *out, const void *key, const void *value)
{
	struct migration *m = out->m;
	struct table_entry *entry;
	const char *why;
	__u32 i = out->batch.count;

	/* A hash that others change meanwhile can show an entry twice. */
	if (migrate_is_empty(m, key, value) || table_find(&m->base, key))
		return 0;
	entry = table_put(&m->base, key, value, TABLE_COPIED);
	if (!entry)
		return -ENOMEM;
	m->report.entries++;
	why = migrate_key(m, key, entries_key(&out->batch, i));
	/* Counters begin at the zeros that are there. */
	if (!why && m->class != MIGRATE_COUNTER)
		why = migrate_value(m, value, entries_value(&out->batch, i));
	if (why) {
		entry->state = TABLE_LEFT;
		migrate_left(m, key, why);
		return 0;
	}
	m->report.moved++;
	out->sources[i] = m->base.len - 1;
	out->batch.count++;
	return out->batch.count == out->batch.room ? flush(out) : 0;
}

static int copy_all(struct outgoing *out, struct map_reader *reader)
{
	int count, err = 0;

	while ((count = map_reader_next(reader)) > 0) {
		for (int i = 0; !err && i < count; i++)
			err = take(out, entries_key(&reader->batch, i),
			           entries_value(&reader->batch, i));
		if (err)
			return err;
		migrate_progress(out->m, out->m->report.entries);
	}
	return count < 0 ? count : flush(out);
}

int migrate_copy(struct migration *m)
{
	struct outgoing out = { .m = m };
	struct map_reader reader;
	int err = migrate_ready(m);

	if (err || !migrate_copies(m))
		return err;
	err = map_reader_open(&reader, m->from.fd, &m->from.info);
	if (err)
		return failed(err, "cannot read map %s", m->from.info.name);
	m->has_base = true;
	m->copied = true;
	err = entries_alloc(&out.batch, &m->to.info, reader.batch.room);
	out.sources = calloc(reader.batch.room, sizeof(*out.sources));
	if (!err)
		err = out.sources ? copy_all(&out, &reader) : -ENOMEM;
	if (!err)
		err = migrate_look_for_dropped(m);
	if (err)
		failed(err, "cannot copy the content of map %s", m->from.info.name);
	free(out.sources);
	entries_free(&out.batch);
	map_reader_close(&reader);
	return err;
}
