// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include "pinning/object_code.h"
#include "pinning/object_maps.h"
#include "pinning/shape.h"
#include "pinning/slots.h"

/* libbpf fills them whether programs use them or not, and cannot without having made them. */
static bool is_filled(const struct object *object, const struct bpf_map *map)
{
	struct slots slots = {};
	bool filled;

	if (bpf_map__type(map) != BPF_MAP_TYPE_PROG_ARRAY)
		return false;
	filled = slots_read(&slots, object->path, object->obj, bpf_map__name(map)) || slots.len;
	slots_free(&slots);
	return filled;
}

/* And with it what is put into its slots. */
static int use_map(const struct object *object, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object->obj, name);
	struct slots slots = {};
	__u32 type;
	int err;

	if (!map)
		return -ENOENT;
	if (bpf_map__autocreate(map))
		return 0;
	err = bpf_map__set_autocreate(map, true);
	type = bpf_map__type(map);
	if (err || !shape_holds_maps(type))
		return err;
	err = slots_read(&slots, object->path, object->obj, name);
	for (size_t i = 0; !err && i < slots.len; i++)
		err = use_map(object, slots.list[i].map);
	slots_free(&slots);
	return err;
}

static void choose(struct object *object, bool all)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object->obj) {
		if (!object_map_is_internal(map))
			bpf_map__set_autocreate(map, all || is_filled(object, map));
	}
}

void object_maps_choose(struct object *object)
{
	if (legacy_is_object(object->path)) {
		choose(object, true);
		return;
	}
	choose(object, false);
	if (object_code_read(object, use_map))
		choose(object, true);
}

bool object_places(const struct object *object, const struct bpf_program *prog)
{
	bool placed = legacy_is_object(object->path);
	struct bpf_map *map;

	bpf_object__for_each_map(map, object->obj) {
		struct slots slots = {};

		if (placed || bpf_map__type(map) != BPF_MAP_TYPE_PROG_ARRAY)
			continue;
		placed = slots_read(&slots, object->path, object->obj, bpf_map__name(map));
		for (size_t i = 0; i < slots.len; i++)
			placed |= !strcmp(slots.list[i].map, bpf_program__name(prog));
		slots_free(&slots);
	}
	return placed;
}

bool object_map_counts(const struct bpf_map *map)
{
	return !object_map_is_internal(map) && bpf_map__autocreate(map);
}

size_t object_maps_count(const struct object *object)
{
	struct bpf_map *map;
	size_t count = 0;

	bpf_object__for_each_map(map, object->obj) {
		count += object_map_counts(map);
	}
	return count;
}
