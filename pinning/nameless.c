// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "pinning/nameless.h"
#include "pinning/nameless_source.h"
#include "pinning/object.h"

struct nameless {
	struct nameless_source given;
	/* Its build for such loaders, once it is wanted; obj: NULL if there is none. */
	struct nameless_source legacy;
	bool is_legacy_tried;
	struct btf *own_btf;       /* of what is given, in the old dialect */
	const struct btf *btf;     /* that tells what its maps are; or NULL */
	__u32 told_prog, told_map; /* why no program fits was said for this one, at this map */
	__u32 told_other;          /* that one was made of something else was said for this one */
	char why[2 * PATH_MAX + 512];
};

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
	if (find_legacy(n->given.path, n->legacy.path) && nameless_source_open(&n->legacy))
		nameless_source_close(&n->legacy);
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
		err = nameless_source_open(&n->given);
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
	nameless_source_close(&n->given);
	nameless_source_close(&n->legacy);
	btf__free(n->own_btf);
	free(n);
}

static int choose(struct nameless *n, struct nameless_source *source,
                  const struct nameless_running *running, enum nameless_by by, __u32 at,
                  char name[NAME_SIZE])
{
	const char *found = NULL;

	for (size_t i = 0; i < source->uses.len; i++) {
		const struct uses_program *prog = &source->uses.list[i];

		if (!nameless_source_has(source, i, running, by))
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
static void say_other(struct nameless *n, struct nameless_source *source,
                      const struct nameless_running *running)
{
	if (n->told_other == running->id || !nameless_source_lacks(source, running))
		return;
	n->told_other = running->id;
	note("program %u has not the instructions of any in %s: what its maps are called is told "
	     "by "
	     "their types, sizes and order alone",
	     running->id, source->path);
}

/* The object as it was given, then its build for loaders that leave maps without a name. */
static int choose_by(struct nameless *n, const struct nameless_running *running,
                     enum nameless_by by, __u32 at, char name[NAME_SIZE])
{
	struct nameless_source *source = &n->given;
	int err = choose(n, source, running, by, at, name);

	if (err == -ENOENT) {
		open_legacy(n);
		source = &n->legacy;
		if (source->obj)
			err = choose(n, source, running, by, at, name);
	}
	if (!err && by == NAMELESS_BY_SHAPE)
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
	struct nameless_running running;
	__u32 at = 0;
	int err;

	*why = n->why;
	err = nameless_query(prog_id, &running);
	while (!err && at < running.len && running.maps[at].id != map_id)
		at++;
	if (!err && at == running.len)
		err = -ESRCH;
	if (!err) {
		err = choose_by(n, &running, NAMELESS_BY_TAG, at, name);
		if (err == -ENOENT)
			err = choose_by(n, &running, NAMELESS_BY_SHAPE, at, name);
		if (err == -ENOENT)
			say_none(n, prog_id, map_id);
	}
	if (err && err != -ENOENT && err != -ENOTUNIQ && err != -ENAMETOOLONG)
		snprintf(n->why, sizeof(n->why), "the maps of program %u cannot be read", prog_id);
	return err;
}

/* As choose(), of a name that is known: *other is one that some program has for it instead. */
static bool may_be(struct nameless_source *source, const struct nameless_running *running,
                   enum nameless_by by, __u32 at, const char *name, const char **other)
{
	bool found = false;

	for (size_t i = 0; !found && i < source->uses.len; i++) {
		const struct uses_program *prog = &source->uses.list[i];

		if (!nameless_source_has(source, i, running, by))
			continue;
		found = !strcmp(prog->maps[at], name);
		if (!found && !*other)
			*other = prog->maps[at];
	}
	return found;
}

/* As choose_by(): the other build counts where no program of this one fits. */
static bool may_be_by(struct nameless *n, const struct nameless_running *running,
                      enum nameless_by by, __u32 at, const char *name, const char **other)
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
	struct nameless_running running;
	__u32 at = 0;
	int err = nameless_query(prog_id, &running);
	bool found;

	memset(definition, 0, sizeof(*definition));
	while (!err && at < running.len && running.maps[at].id != map_id)
		at++;
	if (err || at == running.len)
		return err ? err : -ESRCH;
	found = may_be_by(n, &running, NAMELESS_BY_TAG, at, name, &instead);
	if (!found && !instead)
		found = may_be_by(n, &running, NAMELESS_BY_SHAPE, at, name, &instead);
	if (found)
		definitions_find(n->btf, name, definition);
	else if (instead)
		snprintf(other, NAME_SIZE, "%.*s", NAME_SIZE - 1, instead);
	return found ? 0 : instead ? -EEXIST : -ENOENT;
}
