// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a pinned map does for the programs of an object, by what it holds or is bound to. */
#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/log.h"
#include "objects/chain.h"
#include "pinning/kind.h"
#include "pinning/layout.h"
#include "pinning/object_maps.h"
#include "pinning/reuse_internal.h"
#include "pinning/reuse_join.h"

static bool is_targets(__u32 type)
{
	return type == BPF_MAP_TYPE_DEVMAP || type == BPF_MAP_TYPE_DEVMAP_HASH ||
	       type == BPF_MAP_TYPE_CPUMAP;
}

struct reuse_entry reuse_entry_prog(int map_fd, const struct bpf_map_info *info)
{
	__u32 key, *previous = NULL, value[2];

	if (!is_targets(info->type) || info->value_size != sizeof(value) ||
	    info->key_size != sizeof(key))
		return (struct reuse_entry){};
	for (; !bpf_map_get_next_key(map_fd, previous, &key); previous = &key)
		if (!bpf_map_lookup_elem(map_fd, &key, value) && value[1])
			return (struct reuse_entry){ key, value[1] };
	return (struct reuse_entry){};
}

bool reuse_is_for_link(const struct bpf_map_info *info, const char *name)
{
	size_t len = strlen(name), suffix = strlen(CHAIN_XDP_LINK);

	return info->type == BPF_MAP_TYPE_PROG_ARRAY && info->max_entries == 1 && len > suffix &&
	       (!strcmp(name + len - suffix, CHAIN_XDP_LINK) ||
	        !strcmp(name + len - suffix, CHAIN_TC_LINK));
}

bool reuse_is_link(int map_fd, const struct bpf_map_info *info, const char *name)
{
	__u32 zero = 0, id;

	return reuse_is_for_link(info, name) && !bpf_map_lookup_elem(map_fd, &zero, &id);
}

bool reuse_runs_on(const struct object *object, const struct bpf_map *map, int pin_fd,
                   const struct bpf_map_info *info, const struct reuse_options *how)
{
	return reuse_is_for_link(info, object_map_name(object, map)) &&
	       bpf_map__type(map) == info->type && bpf_map__max_entries(map) == info->max_entries &&
	       how->runs_on && how->runs_on(how->context, info->id) &&
	       !kind_clashes(object->prog, pin_fd);
}

bool reuse_is_made_anew(int map_fd, const struct bpf_map_info *info, const char *name)
{
	if (info->type != BPF_MAP_TYPE_PROG_ARRAY || reuse_is_link(map_fd, info, name))
		return false;
	detail("map '%s' is made anew: packets would see half a program array", name);
	return true;
}

bool reuse_is_bound(__u32 type)
{
	return type == BPF_MAP_TYPE_PROG_ARRAY || is_targets(type);
}

bool reuse_fits(const struct object *object, const struct bpf_map *map, const struct directory *dir,
                int pin_fd, const struct bpf_map_info *info)
{
	struct shape_diffs diffs;
	bool fits;

	if (info->type == BPF_MAP_TYPE_PROG_ARRAY ||
	    layout_compare(dir, object->obj, map, pin_fd, info, &diffs))
		return false;
	fits = !diffs.len;
	shape_diffs_free(&diffs);
	return fits && !(reuse_is_bound(info->type) && kind_clashes(object->prog, pin_fd)) &&
	       !reuse_entry_prog(pin_fd, info).prog_id;
}
