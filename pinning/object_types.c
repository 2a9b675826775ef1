// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/migrate_internal.h"
#include "pinning/object_types.h"

int object_types_expect(struct object *object)
{
	struct map_types *types = calloc(object->maps_len + 1, sizeof(*types));
	struct bpf_map *map;
	size_t m = 0;

	if (!types)
		return -ENOMEM;
	bpf_object__for_each_map(map, object->obj) {
		/* What is reused is made already. */
		if (bpf_map__fd(map) < 0 && m < object->maps_len) {
			types[m].key = bpf_map__btf_key_type_id(map);
			types[m].value = bpf_map__btf_value_type_id(map);
		}
		m++;
	}
	free(object->types);
	object->types = types;
	return 0;
}

/* libbpf gives maps of other types none, and of these alone content is carried over by them. */
static bool is_typed(const struct map_types *types, const struct bpf_map *map)
{
	enum map_family family;
	const char *why;

	if (!types->key && !types->value)
		return false;
	family = map_family(bpf_map__type(map), &why);
	return family == FAMILY_DATA || family == FAMILY_LPM;
}

/* Make one like it with the types, only to see. */
static bool kernel_takes(const struct object *object, const struct bpf_map *map,
                         const struct map_types *types)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .btf_key_type_id = types->key,
	            .btf_value_type_id = types->value, .map_flags = bpf_map__map_flags(map),
	            .map_extra = bpf_map__map_extra(map));
	int own = -1, fd = -1, btf_fd = bpf_object__btf_fd(object->obj);
	const void *raw;
	__u32 size;

	if (btf_fd < 0) {
		raw = btf__raw_data(bpf_object__btf(object->obj), &size);
		own = raw ? bpf_btf_load(raw, size, NULL) : -1;
		btf_fd = own;
	}
	opts.btf_fd = btf_fd;
	if (btf_fd >= 0)
		fd = bpf_map_create(bpf_map__type(map), NULL, bpf_map__key_size(map),
		                    bpf_map__value_size(map), bpf_map__max_entries(map), &opts);
	if (own >= 0)
		close(own);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

const char *object_types_lost(const struct object *object)
{
	struct bpf_map_info info;
	struct bpf_map *map;
	size_t m = 0;

	bpf_object__for_each_map(map, object->obj) {
		size_t i = m++;

		if (!object->types || i >= object->maps_len || !is_typed(&object->types[i], map))
			continue;
		if (bpf_map__fd(map) < 0 || map_describe(bpf_map__fd(map), &info) || info.btf_id)
			continue;
		if (kernel_takes(object, map, &object->types[i]))
			return object->map_names[i];
		note("map '%s' is made without its BTF, which the kernel does not take for it: its "
		     "content can be carried over into a map of the same sizes only",
		     object->map_names[i]);
		/* Said once, for however many interfaces it is. */
		object->types[i] = (struct map_types){};
	}
	return NULL;
}
