// SPDX-License-Identifier: GPL-2.0-or-later
/* The base as a hash map in the kernel, which outlives this process when it is pinned. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/migrate_internal.h"

/* A value of the snapshot: the state, then the value of the old map. */
struct snapshot_value {
	__u64 state;
	__u8 bytes[];
};

/* Padded, so that values beside each other are aligned. */
static __u32 value_size(const struct migration *m)
{
	return sizeof(struct snapshot_value) + (m->base.value_bytes + 7) / 8 * 8;
}

static void fill(const struct migration *m, struct table_entry *entry, void *value)
{
	struct snapshot_value *v = value;

	v->state = entry->state;
	memcpy(v->bytes, table_value(&m->base, entry), m->base.value_bytes);
}

int migrate_snapshot_put(struct migration *m, struct table_entry *entry)
{
	struct snapshot_value *value;
	int err;

	if (m->snapshot_fd < 0)
		return 0;
	value = calloc(1, value_size(m));
	if (!value)
		return -ENOMEM;
	fill(m, entry, value);
	err = bpf_map_update_elem(m->snapshot_fd, table_key(entry), value, BPF_ANY);
	free(value);
	return err;
}

static int on_refused(void *context, __u32 i, int err)
{
	(void)context;
	(void)i;
	return err;
}

static int save_all(struct migration *m, const struct bpf_map_info *info)
{
	struct entries batch;
	int err = entries_alloc(&batch, info, 1024);

	for (size_t i = 0; !err && i < m->base.len; i++) {
		struct table_entry *entry = table_at(&m->base, i);

		memcpy(entries_key(&batch, batch.count), table_key(entry), batch.key_bytes);
		fill(m, entry, entries_value(&batch, batch.count));
		if (++batch.count == batch.room) {
			err = entries_write(&batch, m->snapshot_fd, BPF_ANY, on_refused, NULL);
			batch.count = 0;
		}
	}
	if (!err)
		err = entries_write(&batch, m->snapshot_fd, BPF_ANY, on_refused, NULL);
	entries_free(&batch);
	return err;
}

void migrate_begin(struct migration *m)
{
	m->has_base = migrate_copies(m);
	m->in_use = true;
}

int migrate_snapshot(struct migration *m)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	/* Room for what others add, and for what an LRU map drops and takes meanwhile. */
	__u32 entries = m->from.info.max_entries + (m->from.info.max_entries / 2 | 1024);
	struct bpf_map_info info;
	int err;

	if (!m->has_base)
		return -ENODATA;
	if (m->snapshot_fd >= 0)
		return m->snapshot_fd;
	m->snapshot_fd = bpf_map_create(BPF_MAP_TYPE_HASH, "migrate_base", m->base.key_bytes,
	                                value_size(m), entries, &opts);
	if (m->snapshot_fd < 0)
		return failed(m->snapshot_fd, "cannot make a map for what was copied from %s",
		              m->from.info.name);
	err = map_describe(m->snapshot_fd, &info);
	if (!err)
		err = save_all(m, &info);
	if (!err)
		return m->snapshot_fd;
	close(m->snapshot_fd);
	m->snapshot_fd = -1;
	return failed(err, "cannot keep what was copied from map %s", m->from.info.name);
}

static int load_all(struct migration *m, struct map_reader *reader)
{
	int count;

	while ((count = map_reader_next(reader)) > 0) {
		for (int i = 0; i < count; i++) {
			struct snapshot_value *value =
				(struct snapshot_value *)entries_value(&reader->batch, i);

			if (!table_put(&m->base, entries_key(&reader->batch, i), value->bytes,
			               value->state))
				return -ENOMEM;
			/* Still so, unless it is changed: then it is looked at anew. */
			m->report.left += value->state == TABLE_LEFT;
		}
	}
	return count;
}

int migrate_resume(struct migration *m, int fd)
{
	struct bpf_map_info info;
	struct map_reader reader;
	int err;

	if (fd < 0)
		return 0;
	err = map_describe(fd, &info);
	if (!err && (info.key_size != m->base.key_bytes || info.value_size != value_size(m)))
		err = -EINVAL;
	if (!err)
		err = map_reader_open(&reader, fd, &info);
	if (err)
		return failed(err, "cannot read what was copied from map %s", m->from.info.name);
	err = load_all(m, &reader);
	map_reader_close(&reader);
	m->has_base = true;
	m->resumed = true;
	m->snapshot_fd = dup(fd);
	if (!err && m->snapshot_fd < 0)
		err = -errno;
	return err ? failed(err, "cannot read what was copied from map %s", m->from.info.name) : 0;
}
