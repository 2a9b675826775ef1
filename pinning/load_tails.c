// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/load_internal.h"
#include "pinning/object_maps.h"

/* The id of the program in a slot, or 0, and its name as far as it may be asked for. */
static __u32 look_in_slot(int fd, __u32 key, char name[BPF_OBJ_NAME_LEN])
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info), id;
	int prog_fd;

	*name = '\0';
	if (bpf_map_lookup_elem(fd, &key, &id))
		return 0;
	prog_fd = bpf_prog_get_fd_by_id(id);
	if (prog_fd < 0)
		return id;
	if (!bpf_obj_get_info_by_fd(prog_fd, &info, &len))
		memcpy(name, info.name, BPF_OBJ_NAME_LEN);
	close(prog_fd);
	return id;
}

/* A program of the same name is taken for the next version of it. */
static void tell_slot(const char *map, __u32 key, int old_fd, int new_fd)
{
	char old[BPF_OBJ_NAME_LEN], new[BPF_OBJ_NAME_LEN];
	__u32 old_id = look_in_slot(old_fd, key, old), new_id = look_in_slot(new_fd, key, new);

	if (!old_id || (new_id && !strcmp(old, new)))
		return;
	if (new_id)
		note("map '%s' is made anew: in slot %u program %s (id %u) takes the place of "
		     "%s (id %u)",
		     map, key, new, new_id, *old ? old : "another", old_id);
	else
		note("map '%s' is made anew: slot %u is empty now, program %s (id %u) is not of "
		     "this object",
		     map, key, *old ? old : "without name", old_id);
}

void load_tell_lost(const struct loading *l)
{
	const struct object *object = l->object;
	const struct directory *dir = &l->dir;
	struct bpf_map_info info;
	struct bpf_map *map;

	if (!directory_has_pins(dir))
		return;
	bpf_object__for_each_map(map, object->obj) {
		const char *name = object_map_name(object, map);
		__u32 key, *previous = NULL;
		int fd;

		if (bpf_map__type(map) != BPF_MAP_TYPE_PROG_ARRAY || !object_map_counts(map))
			continue;
		fd = reuse_open_pin(dir, object->hook, name, &info);
		if (fd < 0)
			continue;
		if (info.type == BPF_MAP_TYPE_PROG_ARRAY)
			for (; !bpf_map_get_next_key(fd, previous, &key); previous = &key)
				tell_slot(name, key, fd, bpf_map__fd(map));
		close(fd);
	}
}

/* The program of the object with that id, among those that are loaded; or -1. */
static int find_prog_fd(const struct object *object, __u32 id)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, object->obj) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		int fd = bpf_program__fd(prog);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) && info.id == id)
			return fd;
	}
	return -1;
}

static int add_tail(struct loading *l, int tail_fd, __u32 array_id)
{
	struct bpf_map *map;
	int err;

	err = live_add_prog(&l->live, l->object->hook, tail_fd, array_id);
	bpf_object__for_each_map(map, l->object->obj) {
		if (!err && object_map_counts(map))
			err = live_add_map(&l->live, l->object->hook, l->prog_fd, tail_fd,
			                   bpf_map__fd(map), object_map_name(l->object, map));
	}
	return err;
}

int load_add_tails(struct loading *l)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, l->object->obj) {
		int fd = bpf_map__fd(map), tail_fd;
		__u32 key, *previous = NULL, id;
		struct bpf_map_info info;

		if (err || bpf_map__type(map) != BPF_MAP_TYPE_PROG_ARRAY || !object_map_counts(map))
			continue;
		err = map_describe(fd, &info);
		for (; !err && !bpf_map_get_next_key(fd, previous, &key); previous = &key) {
			if (bpf_map_lookup_elem(fd, &key, &id))
				continue;
			tail_fd = find_prog_fd(l->object, id);
			if (tail_fd >= 0)
				err = add_tail(l, tail_fd, info.id);
		}
		/* What others have put there: the row of a chain that the program goes on with. */
		if (!err)
			err = live_add_held(&l->live, l->object->hook, fd);
		if (err == -EPERM)
			err = 0;
	}
	return err;
}
