// SPDX-License-Identifier: GPL-2.0-or-later
/* The classes that the user gives maps: "MAP=CLASS" words. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "pinning/carry.h"
#include "pinning/object.h"

int carry_find_class(const struct object *object, const struct bpf_map *map,
                     const char *const *classes)
{
	const char *name = object_map_name(object, map);
	size_t len = strlen(name);

	for (; classes && *classes; classes++)
		if (!strncmp(*classes, name, len) && (*classes)[len] == '=')
			return migrate_class_parse(*classes + len + 1);
	return migrate_class_of(bpf_object__btf(object->obj), name, bpf_map__type(map));
}

int carry_check_classes(const struct object *object, const char *const *classes)
{
	for (; *classes; classes++) {
		size_t len = strcspn(*classes, "="), m = 0;

		while (m < object->maps_len && (strlen(object->map_names[m]) != len ||
		                                strncmp(object->map_names[m], *classes, len) != 0))
			m++;
		if (m < object->maps_len)
			continue;
		fprintf(stderr, "load: --class %s: %s has no such map; it has", *classes,
		        object->path);
		for (m = 0; m < object->maps_len; m++)
			if (!strchr(object->map_names[m], '.'))
				fprintf(stderr, " %s", object->map_names[m]);
		fputc('\n', stderr);
		return -EINVAL;
	}
	return 0;
}
