// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/nameless.h"
#include "pinning/object.h"
#include "pinning/shape.h"
#include "pinning/uses.h"

/* The kernel lets a program use this many maps (MAX_USED_MAPS). */
#define MAPS_MAX 64

struct nameless {
	char path[PATH_MAX];
	struct bpf_object *obj;
	struct uses uses;
	char why[PATH_MAX + 512];
};

int nameless_open(struct nameless **result, const char *file)
{
	struct nameless *n = calloc(1, sizeof(*n));
	struct legacy_ids unused = {};
	int err;

	*result = n;
	if (!n)
		return failed(-ENOMEM, "cannot read object %s", file);
	err = object_find(file, n->path);
	if (!err)
		err = object_read(n->path, &n->obj, &unused);
	legacy_ids_free(&unused);
	if (!err)
		err = uses_read(&n->uses, n->path);
	if (!err)
		return 0;
	nameless_free(n);
	*result = NULL;
	return err;
}

void nameless_free(struct nameless *n)
{
	if (!n)
		return;
	uses_free(&n->uses);
	bpf_object__close(n->obj);
	free(n);
}

/* The maps of a program of the kernel, in order of use. */
static int query_maps(__u32 prog_id, struct bpf_map_info *maps, __u32 *len)
{
	__u32 ids[MAPS_MAX], size;
	struct bpf_prog_info info = { .nr_map_ids = MAPS_MAX,
		                      .map_ids = (__u64)(unsigned long)ids };
	int fd = bpf_prog_get_fd_by_id(prog_id), err = 0;

	size = sizeof(info);
	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		err = -errno;
	close(fd);
	*len = info.nr_map_ids < MAPS_MAX ? info.nr_map_ids : MAPS_MAX;
	for (__u32 i = 0; !err && i < *len; i++) {
		fd = bpf_map_get_fd_by_id(ids[i]);
		err = fd < 0 ? -errno : map_describe(fd, &maps[i]);
		if (fd >= 0)
			close(fd);
	}
	return err;
}

/* As far as a loader takes over what the object says. */
static bool is_alike(const struct bpf_map *def, const struct bpf_map_info *map)
{
	__u32 type = bpf_map__type(def), entries = bpf_map__max_entries(def);

	if (type != map->type || bpf_map__key_size(def) != map->key_size ||
	    bpf_map__value_size(def) != map->value_size ||
	    shape_flags(type, bpf_map__map_flags(def)) != shape_flags(type, map->map_flags))
		return false;
	/* A ring buffer's size is rounded up, and what is left open may be anything. */
	return !entries || entries == map->max_entries ||
	       (type == BPF_MAP_TYPE_RINGBUF && map->max_entries > entries);
}

static bool fits(const struct nameless *n, const struct uses_program *prog,
                 const struct bpf_map_info *maps, __u32 len)
{
	if (prog->len != len)
		return false;
	for (__u32 i = 0; i < len; i++) {
		const struct bpf_map *def = bpf_object__find_map_by_name(n->obj, prog->maps[i]);

		if (!def || !is_alike(def, &maps[i]))
			return false;
		if (*maps[i].name && strncmp(maps[i].name, prog->maps[i], sizeof(maps[i].name) - 1))
			return false;
	}
	return true;
}

static int choose(struct nameless *n, const struct bpf_map_info *maps, __u32 len, __u32 at,
                  char name[NAME_SIZE])
{
	const char *found = NULL;

	for (size_t i = 0; i < n->uses.len; i++) {
		const struct uses_program *prog = &n->uses.list[i];

		if (!fits(n, prog, maps, len))
			continue;
		if (found && strcmp(found, prog->maps[at])) {
			snprintf(n->why, sizeof(n->why),
			         "it may be '%.64s' or '%.64s': several programs of %s use such "
			         "maps",
			         found, prog->maps[at], n->path);
			return -ENOTUNIQ;
		}
		found = prog->maps[at];
	}
	if (!found) {
		snprintf(n->why, sizeof(n->why),
		         "no program of %s uses maps of the same types and sizes in the same order",
		         n->path);
		return -ENOENT;
	}
	if (strlen(found) >= NAME_SIZE) {
		snprintf(n->why, sizeof(n->why), "its name is too long for a file name");
		return -ENAMETOOLONG;
	}
	strcpy(name, found);
	return 0;
}

int nameless_find(struct nameless *n, __u32 prog_id, __u32 map_id, char name[NAME_SIZE],
                  const char **why)
{
	struct bpf_map_info maps[MAPS_MAX];
	__u32 len = 0, at = 0;
	int err;

	*why = n->why;
	err = query_maps(prog_id, maps, &len);
	if (!err) {
		while (at < len && maps[at].id != map_id)
			at++;
		err = at < len ? choose(n, maps, len, at, name) : -ESRCH;
	}
	if (err && err != -ENOENT && err != -ENOTUNIQ && err != -ENAMETOOLONG)
		snprintf(n->why, sizeof(n->why), "the maps of program %u cannot be read", prog_id);
	return err;
}
