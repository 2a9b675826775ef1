// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "bpffs/pin.h"
#include "pinning/shape_inner.h"

/* Any map that is inside: a descriptor, or a negative errno. */
static int open_any(int outer_fd, const struct bpf_map_info *outer, struct bpf_map_info *info)
{
	__u8 *keys = calloc(2, outer->key_size), *key = keys, *previous = NULL;
	int fd = -ENOENT, err = keys ? 0 : -ENOMEM;
	__u32 id;

	while (!err && !bpf_map_get_next_key(outer_fd, previous, key)) {
		/* Slots of an array may be empty. */
		if (!bpf_map_lookup_elem(outer_fd, key, &id)) {
			fd = bpf_map_get_fd_by_id(id);
			err = fd < 0 ? 0 : map_describe(fd, info);
			break;
		}
		previous = key;
		key = key == keys ? keys + outer->key_size : keys;
	}
	free(keys);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

/* What the kernel wants to be the same, before it takes a map into the other. */
static int compare_one(const struct bpf_map *inner, const struct bpf_map_info *found,
                       struct shape_diffs *diffs)
{
	__u32 type = bpf_map__type(inner), flags = bpf_map__map_flags(inner);
	bool sized = type == BPF_MAP_TYPE_ARRAY && !(flags & BPF_F_INNER_MAP);
	int err = 0;

	if (type != found->type)
		err = shape_diffs_add(diffs, "inner type", shape_type_name(type),
		                      shape_type_name(found->type));
	if (!err)
		err = shape_compare_number(diffs, "inner key size", false, bpf_map__key_size(inner),
		                           found->key_size);
	if (!err)
		err = shape_compare_number(diffs, "inner value size", false,
		                           bpf_map__value_size(inner), found->value_size);
	if (!err && sized)
		err = shape_compare_number(diffs, "inner max entries", false,
		                           bpf_map__max_entries(inner), found->max_entries);
	return err ? err
	           : shape_compare_number(diffs, "inner flags", true, shape_flags(type, flags),
	                                  shape_flags(found->type, found->map_flags));
}

static int compare_sizes(const struct bpf_map *inner, __u32 key_size, __u32 value_size,
                         struct shape_diffs *diffs)
{
	int err = shape_compare_number(diffs, "inner key size", false, bpf_map__key_size(inner),
	                               key_size);

	return err ? err
	           : shape_compare_number(diffs, "inner value size", false,
	                                  bpf_map__value_size(inner), value_size);
}

int shape_compare_inner(const struct bpf_object *obj, const struct bpf_map *map, int pin_fd,
                        const struct bpf_map_info *pinned, struct shape_diffs *diffs)
{
	/* It does not change the map. */
	const struct bpf_map *inner = bpf_map__inner_map((struct bpf_map *)map);
	struct bpf_map_info found;
	__u32 key_size, value_size;
	int fd, err;

	if (!inner)
		return 0;
	fd = open_any(pin_fd, pinned, &found);
	if (fd >= 0) {
		err = compare_one(inner, &found, diffs);
		if (!err)
			err = shape_compare_types(obj, inner, &found, "inner ", diffs);
		close(fd);
		return err;
	}
	if (!shape_probe_inner(pin_fd, pinned->key_size, &key_size, &value_size))
		return compare_sizes(inner, key_size, value_size, diffs);
	diffs->inner_skipped = true;
	return 0;
}
