// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a list is as it was: a number that its entries make, in whatever order they are read. */
#include <errno.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/migrate_internal.h"

static __u64 mix(__u64 hash, const __u8 *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3; /* FNV-1a */
	return hash;
}

/* Of an array every slot is there, and one of zeros stands for nothing. */
static __u64 of_entry(const struct bpf_map_info *info, const void *key, const void *value)
{
	size_t value_bytes = map_value_bytes(info);
	__u64 hash;

	if (map_is_array(info->type) && bytes_are_zero(value, value_bytes))
		return 0;
	hash = mix(mix(0xcbf29ce484222325, key, info->key_size), value, value_bytes);
	/* They are summed: near numbers of near entries must not cancel out. */
	hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15;
	return hash ^ hash >> 29;
}

int migrate_fingerprint(int map_fd, __u64 *print)
{
	struct bpf_map_info info;
	struct map_reader reader;
	int count, err = map_describe(map_fd, &info);

	*print = 0;
	if (!err)
		err = map_reader_open(&reader, map_fd, &info);
	if (err)
		return failed(err, "cannot read map %s", info.name);
	while ((count = map_reader_next(&reader)) > 0)
		for (int i = 0; i < count; i++)
			*print += of_entry(&info, entries_key(&reader.batch, i),
			                   entries_value(&reader.batch, i));
	map_reader_close(&reader);
	return count ? failed(count, "cannot read map %s", info.name) : 0;
}

__u64 migrate_fingerprint_came(const struct migration *m)
{
	__u64 print = 0;

	for (size_t i = 0; i < m->base.len; i++) {
		struct table_entry *entry = table_at(&m->base, i);

		if (entry->state != TABLE_GONE)
			print += of_entry(&m->from.info, table_key(entry),
			                  table_value(&m->base, entry));
	}
	return print;
}
