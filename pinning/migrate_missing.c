// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a map has all that another one has, so that this one can go. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/migrate_internal.h"

/* An entry in the shape of the new map, and what that has there. */
struct looking {
	struct migration *m;
	__u8 *key, *value, *present;
	size_t value_bytes;
};

static bool is_missing(struct looking *l, const void *key, const void *value)
{
	struct migration *m = l->m;

	if (map_is_array(m->from.info.type) &&
	    bytes_are_zero(value, map_value_bytes(&m->from.info)))
		return false;
	return migrate_key(m, key, l->key) || migrate_value(m, value, l->value) ||
	       bpf_map_lookup_elem(m->to.fd, l->key, l->present) ||
	       memcmp(l->present, l->value, l->value_bytes) != 0;
}

static int count_all(struct looking *l, __u64 *missing)
{
	struct map_reader reader;
	__u64 seen = 0;
	int count, err;

	err = map_reader_open(&reader, l->m->from.fd, &l->m->from.info);
	if (err)
		return err;
	while ((count = map_reader_next(&reader)) > 0) {
		for (int i = 0; i < count; i++)
			*missing += is_missing(l, entries_key(&reader.batch, i),
			                       entries_value(&reader.batch, i));
		migrate_progress(l->m, seen += count);
	}
	map_reader_close(&reader);
	return count;
}

int migrate_count_missing(struct migration *m, __u64 *missing)
{
	struct looking l = { .m = m, .value_bytes = map_value_bytes(&m->to.info) };
	int err;

	*missing = 0;
	l.key = calloc(1, m->to.info.key_size);
	l.value = calloc(1, l.value_bytes);
	l.present = calloc(1, l.value_bytes);
	err = l.key && l.value && l.present ? count_all(&l, missing) : -ENOMEM;
	free(l.key);
	free(l.value);
	free(l.present);
	return err ? failed(err, "cannot compare map %s with the one in place", m->from.info.name)
	           : 0;
}
