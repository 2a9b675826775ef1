// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "pinning/tails.h"

/* A number as strtoul() reads it, up to the character that must follow. */
static const char *parse_number(const char *text, char end, __u32 *number)
{
	unsigned long value;
	char *at;

	if (*text < '0' || *text > '9')
		return NULL;
	errno = 0;
	value = strtoul(text, &at, 0);
	*number = value;
	return errno || value != *number || *at != end ? NULL : at + 1;
}

bool tails_parse(const char *section, __u32 *id, __u32 *key)
{
	section = parse_number(section, '/', id);
	return section && parse_number(section, '\0', key);
}

static struct bpf_map *find_array(const struct object *object, __u32 id)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object->obj) {
		for (size_t i = 0; i < object->old_ids.len; i++)
			if (object->old_ids.list[i].id == id &&
			    bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY &&
			    !strcmp(object->old_ids.list[i].name, object_map_name(object, map)))
				return map;
	}
	return NULL;
}

/* One section: look for its slot, and fill it if the object is loaded. */
static int handle(const struct object *object, const struct bpf_program *prog, bool fill)
{
	const char *section = bpf_program__section_name(prog);
	int fd = bpf_program__fd(prog);
	struct bpf_map *map;
	__u32 id, key;

	if (!tails_parse(section, &id, &key))
		return 0;
	map = find_array(object, id);
	if (!map)
		return rejected(-ENOENT,
		                "cannot place program %s of section %s in %s: no program array of "
		                "it has id %u",
		                bpf_program__name(prog), section, object->path, id);
	if (key >= bpf_map__max_entries(map))
		return rejected(-EINVAL,
		                "cannot place program %s of section %s in %s: program array %s "
		                "has %u slots, from 0",
		                bpf_program__name(prog), section, object->path,
		                object_map_name(object, map), bpf_map__max_entries(map));
	if (fill && bpf_map_update_elem(bpf_map__fd(map), &key, &fd, BPF_ANY))
		return failed(-errno, "cannot put program %s into slot %u of %s",
		              bpf_program__name(prog), key, object_map_name(object, map));
	return 0;
}

static int handle_all(const struct object *object, bool fill)
{
	struct bpf_program *prog;
	int err = 0;

	if (!object->old_ids.len)
		return 0;
	bpf_object__for_each_program(prog, object->obj) {
		if (!err)
			err = handle(object, prog, fill);
	}
	return err;
}

int tails_check(const struct object *object)
{
	return handle_all(object, false);
}

int tails_fill(const struct object *object)
{
	return handle_all(object, true);
}
