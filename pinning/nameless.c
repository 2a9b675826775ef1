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
#include "pinning/mapname.h"
#include "pinning/nameless.h"
#include "pinning/nameless_tag.h"
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
	struct nameless_tags tags;
};

/* A program of the kernel: what its maps are, in order of use, and what it was made of. */
struct running {
	__u32 id, type;
	__u8 tag[BPF_TAG_SIZE];
	struct bpf_map_info maps[MAPS_MAX];
	__u32 len;
};

struct nameless {
	struct source given;
	struct source legacy; /* its build for such loaders, once it is wanted; obj: NULL if none */
	bool is_legacy_tried;
	struct btf *own_btf;       /* of what is given, in the old dialect */
	const struct btf *btf;     /* that tells what its maps are; or NULL */
	__u32 told_prog, told_map; /* why no program fits was said for this one, at this map */
	__u32 told_other;          /* that one was made of something else was said for this one */
	char why[2 * PATH_MAX + 512];
};

static void close_source(struct source *source)
{
	nameless_tags_free(&source->tags);
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

/* The maps of a program of the kernel, in order of use; not those of its global variables. */
static int query(__u32 prog_id, struct running *prog)
{
	__u32 ids[MAPS_MAX], size, count;
	struct bpf_prog_info info = { .nr_map_ids = MAPS_MAX,
		                      .map_ids = (__u64)(unsigned long)ids };
	int fd = bpf_prog_get_fd_by_id(prog_id), err = 0;

	size = sizeof(info);
	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		err = -errno;
	close(fd);
	prog->id = prog_id;
	prog->type = info.type;
	memcpy(prog->tag, info.tag, sizeof(prog->tag));
	count = info.nr_map_ids < MAPS_MAX ? info.nr_map_ids : MAPS_MAX;
	prog->len = 0;
	for (__u32 i = 0; !err && i < count; i++) {
		fd = bpf_map_get_fd_by_id(ids[i]);
		err = fd < 0 ? -errno : map_describe(fd, &prog->maps[prog->len]);
		if (fd >= 0)
			close(fd);
		prog->len += !err && !mapname_is_internal(&prog->maps[prog->len]);
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
                 const struct running *running)
{
	const struct bpf_map_info *maps = running->maps;

	if (prog->len != running->len)
		return false;
	for (__u32 i = 0; i < prog->len; i++) {
		const struct bpf_map *def =
			bpf_object__find_map_by_name(source->obj, prog->maps[i]);

		if (!def || !is_alike(def, &maps[i]))
			return false;
		if (*maps[i].name && strncmp(maps[i].name, prog->maps[i], sizeof(maps[i].name) - 1))
			return false;
	}
	return true;
}

/* By what a program of the object is taken for that of the kernel: its instructions, else its maps.
 */
enum by {
	BY_TAG,
	BY_SHAPE,
};

static bool is_made_of(struct source *source, size_t at, const struct running *running, enum by by)
{
	const __u8 *tag;

	if (!fits(source, &source->uses.list[at], running))
		return false;
	if (by == BY_SHAPE)
		return true;
	tag = nameless_tag(&source->tags, source->path, &source->uses, at, running->type);
	return tag && !memcmp(tag, running->tag, sizeof(running->tag));
}

/* The tags of all that fit are known, and none is that of the program. */
static bool is_none(struct source *source, const struct running *running)
{
	for (size_t i = 0; i < source->uses.len; i++)
		if (fits(source, &source->uses.list[i], running) &&
		    (!nameless_tag(&source->tags, source->path, &source->uses, i, running->type) ||
		     is_made_of(source, i, running, BY_TAG)))
			return false;
	return true;
}

static int choose(struct nameless *n, struct source *source, const struct running *running,
                  enum by by, __u32 at, char name[NAME_SIZE])
{
	const char *found = NULL;

	for (size_t i = 0; i < source->uses.len; i++) {
		const struct uses_program *prog = &source->uses.list[i];

		if (!is_made_of(source, i, running, by))
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

/* The name that is right only if the object is: another version of it, or its source, may be. */
static void say_other(struct nameless *n, struct source *source, const struct running *running)
{
	if (n->told_other == running->id || !is_none(source, running))
		return;
	n->told_other = running->id;
	note("program %u has not the instructions of any in %s: what its maps are called is told "
	     "by "
	     "their types, sizes and order alone",
	     running->id, source->path);
}

/* The object as it was given, then its build for loaders that leave maps without a name. */
static int choose_by(struct nameless *n, const struct running *running, enum by by, __u32 at,
                     char name[NAME_SIZE])
{
	struct source *source = &n->given;
	int err = choose(n, source, running, by, at, name);

	if (err == -ENOENT) {
		open_legacy(n);
		source = &n->legacy;
		if (source->obj)
			err = choose(n, source, running, by, at, name);
	}
	if (!err && by == BY_SHAPE)
		say_other(n, source, running);
	return err;
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
	struct running running;
	__u32 at = 0;
	int err;

	*why = n->why;
	err = query(prog_id, &running);
	while (!err && at < running.len && running.maps[at].id != map_id)
		at++;
	if (!err && at == running.len)
		err = -ESRCH;
	if (!err) {
		err = choose_by(n, &running, BY_TAG, at, name);
		if (err == -ENOENT)
			err = choose_by(n, &running, BY_SHAPE, at, name);
		if (err == -ENOENT)
			say_none(n, prog_id, map_id);
	}
	if (err && err != -ENOENT && err != -ENOTUNIQ && err != -ENAMETOOLONG)
		snprintf(n->why, sizeof(n->why), "the maps of program %u cannot be read", prog_id);
	return err;
}

/* As choose(), of a name that is known: *other is one that some program has for it instead. */
static bool may_be(struct source *source, const struct running *running, enum by by, __u32 at,
                   const char *name, const char **other)
{
	bool found = false;

	for (size_t i = 0; !found && i < source->uses.len; i++) {
		const struct uses_program *prog = &source->uses.list[i];

		if (!is_made_of(source, i, running, by))
			continue;
		found = !strcmp(prog->maps[at], name);
		if (!found && !*other)
			*other = prog->maps[at];
	}
	return found;
}

/* As choose_by(): the other build counts where no program of this one fits. */
static bool may_be_by(struct nameless *n, const struct running *running, enum by by, __u32 at,
                      const char *name, const char **other)
{
	bool found = may_be(&n->given, running, by, at, name, other);

	if (found || *other)
		return found;
	open_legacy(n);
	return n->legacy.obj && may_be(&n->legacy, running, by, at, name, other);
}

int nameless_define(struct nameless *n, __u32 prog_id, __u32 map_id, const char *name,
                    struct map_definition *definition, char other[NAME_SIZE])
{
	const char *instead = NULL;
	struct running running;
	__u32 at = 0;
	int err = query(prog_id, &running);
	bool found;

	memset(definition, 0, sizeof(*definition));
	while (!err && at < running.len && running.maps[at].id != map_id)
		at++;
	if (err || at == running.len)
		return err ? err : -ESRCH;
	found = may_be_by(n, &running, BY_TAG, at, name, &instead);
	if (!found && !instead)
		found = may_be_by(n, &running, BY_SHAPE, at, name, &instead);
	if (found)
		definitions_find(n->btf, name, definition);
	else if (instead)
		snprintf(other, NAME_SIZE, "%.*s", NAME_SIZE - 1, instead);
	return found ? 0 : instead ? -EEXIST : -ENOENT;
}
