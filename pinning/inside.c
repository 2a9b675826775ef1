// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include "pinning/inside.h"
#include "pinning/object.h"
#include "pinning/shape.h"
#include "pinning/slots.h"

static bool has_slots(const struct bpf_map *map)
{
	return shape_holds_maps(bpf_map__type(map)) && bpf_map__key_size(map) == sizeof(__u32);
}

static void visit_slots(const struct object *object, const struct bpf_map *map,
                        void (*visit)(const struct inside *one, void *arg), void *arg)
{
	struct inside one = { .outer = object_map_name(object, map) };
	struct slots slots;

	if (!slots_read(&slots, object->path, object->obj, bpf_map__name(map)))
		for (size_t i = 0; i < slots.len; i++) {
			one.name = slots.list[i].map;
			one.slot = slots.list[i].key;
			if (!bpf_map_lookup_elem(bpf_map__fd(map), &one.slot, &one.id))
				visit(&one, arg);
		}
	slots_free(&slots);
}

void inside_each(const struct object *object, void (*visit)(const struct inside *one, void *arg),
                 void *arg)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object->obj) {
		if (has_slots(map))
			visit_slots(object, map, visit, arg);
	}
}
