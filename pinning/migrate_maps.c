// SPDX-License-Identifier: GPL-2.0-or-later
/* The two maps as a whole: which types of map can take over from which. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <string.h>
#include "bpffs/pin.h"
#include "pinning/migrate_internal.h"
#include "pinning/shape.h"

int migrate_map_open(struct migrate_map *map, int fd)
{
	int err;

	memset(map, 0, sizeof(*map));
	map->fd = fd;
	err = map_describe(fd, &map->info);
	if (!err)
		err = shape_kernel_btf(map->info.btf_id, &map->own_btf, &map->btf_denied);
	if (err || !map->own_btf)
		return err;
	map->btf = map->own_btf;
	map->key_type = map->info.btf_key_type_id;
	map->value_type = map->info.btf_value_type_id;
	return 0;
}

void migrate_map_define(struct migrate_map *map, const struct bpf_object *obj,
                        const struct bpf_map *def)
{
	memset(map, 0, sizeof(*map));
	map->fd = bpf_map__fd(def) >= 0 ? bpf_map__fd(def) : -1;
	if (map->fd < 0 || map_describe(map->fd, &map->info)) {
		map->info.type = bpf_map__type(def);
		map->info.key_size = bpf_map__key_size(def);
		map->info.value_size = bpf_map__value_size(def);
		map->info.max_entries = bpf_map__max_entries(def);
		map->info.map_flags = bpf_map__map_flags(def);
	}
	map->btf = bpf_object__btf(obj);
	map->key_type = bpf_map__btf_key_type_id(def);
	map->value_type = bpf_map__btf_value_type_id(def);
}

void migrate_map_close(struct migrate_map *map)
{
	btf__free(map->own_btf);
	memset(map, 0, sizeof(*map));
	map->fd = -1;
}

bool migrate_is_stream(__u32 type)
{
	return type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_USER_RINGBUF ||
	       type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
}

enum map_family map_family(__u32 type, const char **why)
{
	*why = "its content cannot be read and written back";
	switch (type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH: return FAMILY_DATA;
	case BPF_MAP_TYPE_LPM_TRIE: return FAMILY_LPM;
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_DEVMAP_HASH: return FAMILY_DEVMAP;
	case BPF_MAP_TYPE_CPUMAP: return FAMILY_CPUMAP;
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK: *why = "reading a queue or stack empties it"; break;
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		*why = "it holds events on their way to a reader, not state";
		break;
	case BPF_MAP_TYPE_PROG_ARRAY:
		*why = "it holds programs, which the loader fills in anew";
		break;
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS: *why = "it holds other maps"; break;
	case BPF_MAP_TYPE_XSKMAP:
	case BPF_MAP_TYPE_SOCKMAP:
	case BPF_MAP_TYPE_SOCKHASH: *why = "it holds sockets of processes"; break;
	case BPF_MAP_TYPE_BLOOM_FILTER:
		*why = "a Bloom filter does not tell what was put in";
		break;
	}
	return FAMILY_NONE;
}

static const char lru_drops[] = "what an LRU map drops to make room stays in the old map";

static int compare_types(struct migration *m)
{
	__u32 from = m->from.info.type, to = m->to.info.type;
	const char *why_from, *why_to, *why = NULL;
	enum map_family a = map_family(from, &why_from), b = map_family(to, &why_to);
	enum migrate_outcome outcome = MIGRATE_CHANGED;

	if (a == FAMILY_NONE)
		why = why_from;
	else if (b == FAMILY_NONE)
		why = why_to;
	else if (a != b)
		why = "their entries do not mean the same";
	else if (m->class == MIGRATE_COUNTER && (a == FAMILY_DEVMAP || a == FAMILY_CPUMAP))
		why = "it holds no counters";
	if (why)
		outcome = MIGRATE_REFUSED;
	else if (from == to)
		return 0;
	else if (m->class != MIGRATE_COUNTER && map_is_percpu(from) && !map_is_percpu(to))
		why = "entries that differ between CPUs stay in the old map";
	else if (m->class != MIGRATE_COUNTER && !map_is_percpu(from) && map_is_percpu(to))
		why = "every CPU gets the value";
	else if (map_is_lru(to) && !map_is_lru(from))
		why = lru_drops;
	else if (map_is_array(from) && !map_is_array(to))
		why = "slots of zeros are taken as empty";
	return rows_add(&m->rows, outcome, "type", shape_type_name(from), shape_type_name(to), why);
}

static int compare_entries(struct migration *m)
{
	__u32 from = m->from.info.max_entries, to = m->to.info.max_entries;
	char a[16], b[16];

	if (from == to)
		return 0;
	snprintf(a, sizeof(a), "%u", from);
	snprintf(b, sizeof(b), "%u", to);
	return rows_add(&m->rows, from < to ? MIGRATE_GROWN : MIGRATE_CUT, "max entries", a, b,
	                from > to && map_is_lru(m->to.info.type) ? lru_drops : NULL);
}

/* Maps that are closed to programs. Closed to system calls are descriptors, not maps. */
static int compare_flags(struct migration *m)
{
	__u32 from = shape_flags(m->from.info.type, m->from.info.map_flags);
	__u32 to = shape_flags(m->to.info.type, m->to.info.map_flags);
	const __u32 closed = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
	const char *why = NULL;
	char a[16], b[16];

	if (m->class == MIGRATE_COUNTER && (from | to) & closed)
		why = "programs may not read and write both maps";
	if (from == to && !why)
		return 0;
	snprintf(a, sizeof(a), "0x%x", from);
	snprintf(b, sizeof(b), "0x%x", to);
	return rows_add(&m->rows, why ? MIGRATE_REFUSED : MIGRATE_CHANGED, "flags", a, b, why);
}

int migrate_compare_maps(struct migration *m)
{
	int err = compare_types(m);

	if (!err)
		err = compare_entries(m);
	return err ? err : compare_flags(m);
}
