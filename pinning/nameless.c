// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/btf.h>
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

/* One object: what it defines, and in which order its programs use it. */
struct source {
	char path[PATH_MAX];
	struct bpf_object *obj;
	struct uses uses;
};

struct nameless {
	struct source given;
	struct source legacy; /* its build for such loaders, once it is wanted; obj: NULL if none */
	bool is_legacy_tried;
	struct btf *own_btf;       /* of what is given, in the old dialect */
	const struct btf *btf;     /* that tells what its maps are; or NULL */
	__u32 told_prog, told_map; /* why no program fits was said for this one, at this map */
	char why[2 * PATH_MAX + 512];
};

static void close_source(struct source *source)
{
	uses_free(&source->uses);
	bpf_object__close(source->obj);
	memset(source, 0, sizeof(*source));
}

static int open_source(struct source *source)
{
	struct legacy_ids unused = {};
	int err = object_read(source->path, &source->obj, &unused);

	legacy_ids_free(&unused);
	return err ? err : uses_read(&source->uses, source->path);
}

/* legacy/NAME.o beside NAME.o, beside NAME_frags.o, or beside the folder of the builds of a store.
 */
static bool find_legacy(const char *path, char legacy[PATH_MAX])
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	static const char frags[] = "_frags.o";
	int dir = (int)(base - path), len = strlen(base), tail = strlen(frags);

	if (dir >= 7 && !strncmp(base - 7, "pinned/", 7) && (dir == 7 || base[-8] == '/'))
		dir -= 7;
	/* What takes packets of several buffers is no build for such a loader. */
	len -= len > tail && !strcmp(base + len - tail, frags) ? tail : 2;
	return len > 0 &&
	       snprintf(legacy, PATH_MAX, "%.*slegacy/%.*s.o", dir, path, len, base) < PATH_MAX &&
	       strcmp(legacy, path) != 0 && !access(legacy, F_OK);
}

/* It may do less, and so use other maps. What cannot be read is reported, and is none. */
static void open_legacy(struct nameless *n)
{
	if (n->is_legacy_tried)
		return;
	n->is_legacy_tried = true;
	if (find_legacy(n->given.path, n->legacy.path) && open_source(&n->legacy))
		close_source(&n->legacy);
}

int nameless_open(struct nameless **result, const char *file)
{
	struct nameless *n = calloc(1, sizeof(*n));
	int err;

	*result = n;
	if (!n)
		return failed(-ENOMEM, "cannot read object %s", file);
	err = object_find(file, n->given.path);
	if (!err)
		err = open_source(&n->given);
	if (!err) {
		/* What libbpf was given of the old dialect has no types. */
		if (legacy_is_object(n->given.path))
			n->btf = n->own_btf = definitions_of_legacy(n->given.path);
		else
			n->btf = bpf_object__btf(n->given.obj);
		return 0;
	}
	nameless_free(n);
	*result = NULL;
	return err;
}

void nameless_free(struct nameless *n)
{
	if (!n)
		return;
	close_source(&n->given);
	close_source(&n->legacy);
	btf__free(n->own_btf);
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

static bool fits(const struct source *source, const struct uses_program *prog,
                 const struct bpf_map_info *maps, __u32 len)
{
	if (prog->len != len)
		return false;
	for (__u32 i = 0; i < len; i++) {
		const struct bpf_map *def =
			bpf_object__find_map_by_name(source->obj, prog->maps[i]);

		if (!def || !is_alike(def, &maps[i]))
			return false;
		if (*maps[i].name && strncmp(maps[i].name, prog->maps[i], sizeof(maps[i].name) - 1))
			return false;
	}
	return true;
}

static int choose(struct nameless *n, const struct source *source, const struct bpf_map_info *maps,
                  __u32 len, __u32 at, char name[NAME_SIZE])
{
	const char *found = NULL;

	for (size_t i = 0; i < source->uses.len; i++) {
		const struct uses_program *prog = &source->uses.list[i];

		if (!fits(source, prog, maps, len))
			continue;
		if (found && strcmp(found, prog->maps[at])) {
			snprintf(n->why, sizeof(n->why),
			         "it may be '%.64s' or '%.64s': several programs of %s use such "
			         "maps",
			         found, prog->maps[at], source->path);
			return -ENOTUNIQ;
		}
		found = prog->maps[at];
	}
	if (!found)
		return -ENOENT;
	if (strlen(found) >= NAME_SIZE) {
		snprintf(n->why, sizeof(n->why), "its name is too long for a file name");
		return -ENAMETOOLONG;
	}
	strcpy(name, found);
	return 0;
}

/* Of all maps of a program the same is true: the reason stands at the first. */
static void say_none(struct nameless *n, __u32 prog_id, __u32 map_id)
{
	if (n->told_prog == prog_id && n->told_map != map_id) {
		snprintf(n->why, sizeof(n->why), "as map %u", n->told_map);
		return;
	}
	n->told_prog = prog_id;
	n->told_map = map_id;
	snprintf(n->why, sizeof(n->why),
	         "no program of %s%s%s%s uses maps of the same types and sizes in the same order",
	         n->given.path, n->legacy.obj ? ", nor of " : "",
	         n->legacy.obj ? n->legacy.path : "", n->legacy.obj ? "," : "");
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
		err = at < len ? choose(n, &n->given, maps, len, at, name) : -ESRCH;
	}
	if (err == -ENOENT) {
		open_legacy(n);
		if (n->legacy.obj)
			err = choose(n, &n->legacy, maps, len, at, name);
		if (err == -ENOENT)
			say_none(n, prog_id, map_id);
	}
	if (err && err != -ENOENT && err != -ENOTUNIQ && err != -ENAMETOOLONG)
		snprintf(n->why, sizeof(n->why), "the maps of program %u cannot be read", prog_id);
	return err;
}

/* As choose(), of a name that is known: *other is one that some program has for it instead. */
static bool may_be(const struct source *source, const struct bpf_map_info *maps, __u32 len,
                   __u32 at, const char *name, const char **other)
{
	bool found = false;

	for (size_t i = 0; !found && i < source->uses.len; i++) {
		const struct uses_program *prog = &source->uses.list[i];

		if (!fits(source, prog, maps, len))
			continue;
		found = !strcmp(prog->maps[at], name);
		if (!found && !*other)
			*other = prog->maps[at];
	}
	return found;
}

int nameless_define(struct nameless *n, __u32 prog_id, __u32 map_id, const char *name,
                    struct map_definition *definition, char other[NAME_SIZE])
{
	struct bpf_map_info maps[MAPS_MAX];
	const char *instead = NULL;
	__u32 len = 0, at = 0;
	int err = query_maps(prog_id, maps, &len);
	bool found;

	memset(definition, 0, sizeof(*definition));
	while (!err && at < len && maps[at].id != map_id)
		at++;
	if (err || at == len)
		return err ? err : -ESRCH;
	found = may_be(&n->given, maps, len, at, name, &instead);
	/* As in nameless_find(): the other build counts where no program of this one fits. */
	if (!found && !instead) {
		open_legacy(n);
		found = n->legacy.obj && may_be(&n->legacy, maps, len, at, name, &instead);
	}
	if (found)
		definitions_find(n->btf, name, definition);
	else if (instead)
		snprintf(other, NAME_SIZE, "%.*s", NAME_SIZE - 1, instead);
	return found ? 0 : instead ? -EEXIST : -ENOENT;
}
