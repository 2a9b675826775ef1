// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/access.h"
#include "bpffs/log.h"
#include "pinning/map_refused.h"
#include "pinning/memory_limit.h"

#define KEY_MAX 512 /* of hash maps: their keys go over the stack of programs */

void map_refused_describe(const struct bpf_map *map, const char *name, int err, char *text,
                          size_t size)
{
	const char *type = map ? libbpf_bpf_map_type_str(bpf_map__type(map)) : NULL;

	if (!map)
		snprintf(text, size, "%.100s cannot be created: %s", name, strerror(-err));
	else
		snprintf(text, size,
		         "%.100s (%s, key %u B, value %u B, max_entries %u) cannot be created: %s",
		         name, type ? type : "type unknown", bpf_map__key_size(map),
		         bpf_map__value_size(map), bpf_map__max_entries(map), strerror(-err));
}

/* The kernel takes these and no others. */
static bool is_name(const char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '_' && *name != '.')
			return false;
	return true;
}

static bool wants_entries(const struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY: /* libbpf counts the CPUs */
	case BPF_MAP_TYPE_STRUCT_OPS: return false;
	default: return true;
	}
}

void map_refused_hint(const struct bpf_map *map, int err)
{
	unsigned long long bytes, limit;
	char file[PATH_MAX];

	if (!map)
		return;
	bytes = ((unsigned long long)bpf_map__key_size(map) + bpf_map__value_size(map)) *
	        bpf_map__max_entries(map);
	if (err == -EPERM)
		access_hint("CAP_BPF and CAP_NET_ADMIN");
	else if (err == -ENOMEM && memory_limit_find(&limit, file))
		hint("it wants at least %llu MiB, times the CPUs if it is per CPU, and the cgroup "
		     "of this process has %llu MiB for all: give it fewer max_entries, or raise %s",
		     bytes >> 20, limit >> 20, file);
	else if (err == -ENOMEM || err == -E2BIG)
		hint("it wants at least %llu MiB, times the CPUs if it is per CPU: give it fewer "
		     "max_entries",
		     bytes >> 20);
	else if (err != -EINVAL)
		return;
	else if (!bpf_map__max_entries(map) && wants_entries(map))
		hint("give it max_entries in its definition");
	else if (!is_name(bpf_map__name(map)))
		hint("the kernel takes letters, digits, '_' and '.' in a map's name");
	else if (bpf_map__key_size(map) > KEY_MAX)
		hint("the kernel takes keys of at most %u bytes in most types of maps", KEY_MAX);
	else
		hint("its type and the sizes of key and value do not go together, or this kernel "
		     "has "
		     "no such type or flag: see bpf(2)");
}
