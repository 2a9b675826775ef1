// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/name.h"
#include "bpffs/pin.h"
#include "objects/chain.h"
#include "pinning/kind.h"
#include "pinning/layout.h"
#include "pinning/object_maps.h"
#include "pinning/reuse.h"
#include "pinning/reuse_anew.h"
#include "pinning/reuse_join.h"
#include "pinning/reuse_slots.h"
#include "pinning/shape.h"

int reuse_open_pin(const struct directory *dir, enum hook hook, const char *name,
                   struct bpf_map_info *info)
{
	char file[NAME_SIZE], path[NAME_SIZE * 2];
	int fd;

	if (mapname_encode(name, file, sizeof(file)))
		return -ENOENT;
	if (hook == HOOK_TC_EGRESS) {
		snprintf(path, sizeof(path), "%s/%s", DIRECTORY_EGRESS, file);
		fd = pin_open_map(dir->fd, path, 0, info);
		if (fd != -ENOENT && fd != -ELOOP)
			return fd;
		if (!strcmp(name, DIRECTORY_TC_STATS))
			return -ENOENT;
	}
	return pin_open_map(dir->fd, file, 0, info);
}

/* What has the name of a map cannot be opened: say what it is, if that is why. */
static int refuse_pin(const struct directory *dir, enum hook hook, const char *name, int err)
{
	char file[NAME_SIZE], path[NAME_SIZE * 2], full[PATH_MAX + NAME_SIZE * 2];
	struct stat st = {};

	if ((err != -EINVAL && err != -ELOOP) || mapname_encode(name, file, sizeof(file)))
		return failed(err, "cannot open what is pinned as '%s' in %s", name, dir->path);
	snprintf(path, sizeof(path), "%s/%s", DIRECTORY_EGRESS, file);
	if (hook != HOOK_TC_EGRESS || fstatat(dir->fd, path, &st, AT_SYMLINK_NOFOLLOW) ||
	    S_ISLNK(st.st_mode)) {
		strcpy(path, file);
		fstatat(dir->fd, path, &st, AT_SYMLINK_NOFOLLOW);
	}
	rejected(-EEXIST, "cannot pin map '%s' in %s: %s has that name there", name, dir->path,
	         S_ISDIR(st.st_mode)   ? "a directory"
	         : S_ISLNK(st.st_mode) ? "a symlink"
	                               : "something that is no map");
	snprintf(full, sizeof(full), "%s/%s", dir->path, path);
	hint("if nobody needs it: %s %s", S_ISDIR(st.st_mode) ? "rmdir" : "rm", cli_word(full));
	return -EEXIST;
}

static bool is_targets(__u32 type)
{
	return type == BPF_MAP_TYPE_DEVMAP || type == BPF_MAP_TYPE_DEVMAP_HASH ||
	       type == BPF_MAP_TYPE_CPUMAP;
}

/* An entry of a devmap or cpumap that carries a program. */
struct entry_prog {
	__u32 key, prog_id; /* 0: there is none */
};

static struct entry_prog find_entry_prog(int map_fd, const struct bpf_map_info *info)
{
	__u32 key, *previous = NULL, value[2];

	if (!is_targets(info->type) || info->value_size != sizeof(value) ||
	    info->key_size != sizeof(key))
		return (struct entry_prog){};
	for (; !bpf_map_get_next_key(map_fd, previous, &key); previous = &key)
		if (!bpf_map_lookup_elem(map_fd, &key, value) && value[1])
			return (struct entry_prog){ key, value[1] };
	return (struct entry_prog){};
}

bool reuse_is_link(int map_fd, const struct bpf_map_info *info, const char *name)
{
	size_t len = strlen(name), suffix = strlen(CHAIN_XDP_LINK);
	__u32 zero = 0, id;

	return info->type == BPF_MAP_TYPE_PROG_ARRAY && info->max_entries == 1 && len > suffix &&
	       (!strcmp(name + len - suffix, CHAIN_XDP_LINK) ||
	        !strcmp(name + len - suffix, CHAIN_TC_LINK)) &&
	       !bpf_map_lookup_elem(map_fd, &zero, &id);
}

bool reuse_is_made_anew(int map_fd, const struct bpf_map_info *info, const char *name)
{
	if (info->type != BPF_MAP_TYPE_PROG_ARRAY || reuse_is_link(map_fd, info, name))
		return false;
	detail("map '%s' is made anew: packets would see half a program array", name);
	return true;
}

/* Returned where the definitions differ, so that all maps are looked at before it fails. */
#define DIFFERS   (REUSE_JOINED + 1)
#define UNMOVABLE (REUSE_JOINED + 2)
#define IN_USE    (REUSE_JOINED + 3) /* nothing but the program that has the map is in the way */

/* See pinning/kind.h: other maps are bound to no programs. */
static bool is_bound(__u32 type)
{
	return type == BPF_MAP_TYPE_PROG_ARRAY || is_targets(type);
}

static int refuse_link(const struct object *object, const char *name, const struct directory *dir,
                       int map_fd)
{
	const char *prog = bpf_program__name(object->prog);
	struct bpf_prog_info next = {};
	__u32 zero = 0, len = sizeof(next), id = 0;
	const char *tc;
	int fd;

	bpf_map_lookup_elem(map_fd, &zero, &id);
	fd = bpf_prog_get_fd_by_id(id); /* not without CAP_SYS_ADMIN */
	if (fd >= 0) {
		bpf_obj_get_info_by_fd(fd, &next, &len);
		close(fd);
	}
	rejected(-EINVAL,
	         "cannot put program %s into its row: it is %s, and what follows it there, program "
	         "%s id %u in the link '%s' of %s, is not",
	         prog, kind_name(object->prog), next.name, id, name, dir->path);
	hint("load the build of the row's kind: NAME.o, or NAME_frags.o for packets of several "
	     "buffers");
	tc = object->hook != HOOK_XDP ? "--tc " : "";
	hint("or first take what follows it out of the row: %s %s%s lists the slots, %s %s%s del N "
	     "takes the program out of slot N",
	     cli_command("chain"), tc, cli_interface(dir->ifname), cli_command("chain"), tc,
	     cli_interface(dir->ifname));
	return -EINVAL;
}

/* Its types are there, but not to be read by this run. */
static bool is_btf_denied(int map_fd)
{
	struct bpf_map_info info;
	int fd;

	if (map_describe(map_fd, &info) || !info.btf_id)
		return false;
	fd = bpf_btf_get_fd_by_id(info.btf_id);
	if (fd < 0)
		return errno == EPERM;
	close(fd);
	return false;
}

/* Why was said. What holds for one map need not stop the others. */
static int refuse_content(const char *name, __u32 type, int pin_fd)
{
	bool denied = is_btf_denied(pin_fd);

	if (denied)
		hint("run as root, or with CAP_SYS_ADMIN: then the types of the old map can be "
		     "read, by which its content comes over");
	hint("%stake an empty map in its place, the old one stays beside it: --on-mismatch "
	     "%s=fresh",
	     denied ? "or " : "", cli_word(name));
	if (shape_holds_maps(type))
		hint("what the maps inside hold, deny lists too, is out of force then, until it is "
		     "put into the new one");
	return UNMOVABLE;
}

static int refuse_difference(const struct object *object, const struct bpf_map *map,
                             const struct directory *dir, int pin_fd, bool stream, bool in_use,
                             const struct reuse_options *how, const struct shape_diffs *diffs)
{
	const char *name = object_map_name(object, map);
	char why[256];

	rejected(-EINVAL, "cannot reuse map '%s' pinned in %s: it is not what the object defines",
	         name, dir->path);
	shape_diffs_print(diffs);
	if (in_use)
		return IN_USE;
	if (stream || carry_check(object, map, pin_fd, diffs->layout, how->classes, why,
	                          sizeof(why)) != -EOPNOTSUPP)
		return DIFFERS;
	hint("its content cannot be carried over: %s", why);
	return refuse_content(name, bpf_map__type(map), pin_fd);
}

/* A program of an entry may not run for another one, and goes with the map that has it. */
static int refuse_programs(const char *name, const struct directory *dir, bool in_use,
                           const struct entry_prog *entry)
{
	rejected(-EINVAL,
	         "cannot use map '%s' pinned in %s for another program: its entry %u has program "
	         "%u",
	         name, dir->path, entry->key, entry->prog_id);
	if (in_use)
		return IN_USE;
	hint("entries that have a program stay in the old map: put those into the new one after "
	     "the load");
	return DIFFERS;
}

static void hint_in_use(void)
{
	if (cli_for_plugin())
		hint("filters beside each other define a map alike: replace that program, by its "
		     "pref and handle; or take it off first");
	else
		hint("replace that program in one step, without --no-attach; or take it off "
		     "first");
}

static int refuse_name(const char *name, const struct directory *dir, __u32 map_id)
{
	rejected(-EBUSY,
	         "cannot prepare another map '%s' in %s: map %u has that name there, and a program "
	         "that is attached uses it",
	         name, dir->path, map_id);
	hint_in_use();
	return -EBUSY;
}

/* The pinned map stays as it is, and the object gets another one. No differences: it has programs,
 * or is bound. */
static int leave_pin(const struct object *object, const struct bpf_map *map,
                     const struct directory *dir, int pin_fd, const struct bpf_map_info *info,
                     const struct reuse_options *how, struct shape_diffs *diffs,
                     const struct entry_prog *entry, struct reuse_anew *anew)
{
	const char *name = object_map_name(object, map);
	enum mismatch what = mismatch_of(how->mismatch, name);
	bool stream = migrate_is_stream(info->type);
	bool in_use = how->keeps_name && how->keeps_name(how->context, info->id);
	int err = 0;

	if (diffs->len && what == MISMATCH_FAIL)
		return refuse_difference(object, map, dir, pin_fd, stream, in_use, how, diffs);
	if (entry->prog_id && what == MISMATCH_FAIL)
		return refuse_programs(name, dir, in_use, entry);
	if (in_use)
		return refuse_name(name, dir, info->id);
	if (!diffs->len && entry->prog_id)
		err = reuse_anew_add(anew, diffs,
		                     "map '%s' is made anew: its entries hold programs", name);
	else if (!diffs->len)
		err = reuse_anew_add(anew, diffs,
		                     "map '%s' is made anew: program %s is %s, and the one pinned "
		                     "in %s is bound "
		                     "to others",
		                     name, bpf_program__name(object->prog), kind_name(object->prog),
		                     dir->path);
	if (err)
		return failed(err, "cannot compare map '%s' with its pin in %s", name, dir->path);
	if (what != MISMATCH_FRESH && !stream) {
		err = carry_plan(how->carry, object, map, pin_fd, diffs->layout, how->classes,
		                 mismatch_names(how->mismatch, name));
		return err == -EOPNOTSUPP ? refuse_content(name, info->type, pin_fd) : err;
	}
	if (diffs->len)
		err = reuse_anew_add(
			anew, diffs,
			"map '%s' is made anew, the one pinned in %s is not what the object "
			"defines%s:",
			name, dir->path,
			stream ? "; it holds no state, and its readers have to open the new one"
			       : "");
	return err ? failed(err, "cannot compare map '%s' with its pin in %s", name, dir->path) : 0;
}

bool reuse_fits(const struct object *object, const struct bpf_map *map, const struct directory *dir,
                int pin_fd, const struct bpf_map_info *info)
{
	struct shape_diffs diffs;
	bool fits;

	if (info->type == BPF_MAP_TYPE_PROG_ARRAY ||
	    layout_compare(dir, object->obj, map, pin_fd, info, &diffs))
		return false;
	fits = !diffs.len;
	shape_diffs_free(&diffs);
	return fits && !(is_bound(info->type) && kind_clashes(object->prog, pin_fd)) &&
	       !find_entry_prog(pin_fd, info).prog_id;
}

/* What comes out of all maps together. */
struct tally {
	unsigned int reused;
	struct reuse_anew anew;
	char unknown[256]; /* maps whose types could not be compared, for messages */
};

/* How far the types could be compared. */
static void tell_types(const char *name, const struct shape_diffs *diffs, struct tally *tally)
{
	size_t len = strlen(tally->unknown);

	if (diffs->btf_denied && diffs->layout == LAYOUT_UNKNOWN)
		snprintf(tally->unknown + len, sizeof(tally->unknown) - len, "%s%s",
		         len ? ", " : "", name);
	else if (diffs->btf_denied)
		detail("the types of map '%s' were compared by what is noted of them: no "
		       "CAP_SYS_ADMIN",
		       name);
	else if (diffs->btf_skipped)
		detail("the types of map '%s' were not compared: no BTF", name);
}

static int reuse_pin(struct object *object, struct bpf_map *map, const struct directory *dir,
                     int pin_fd, const struct bpf_map_info *info, const struct reuse_options *how,
                     struct tally *tally)
{
	const char *name = object_map_name(object, map);
	struct entry_prog entry;
	struct shape_diffs diffs;
	bool clash;
	int err;

	if (reuse_is_made_anew(pin_fd, info, name))
		return 0;
	err = layout_compare(dir, object->obj, map, pin_fd, info, &diffs);
	if (err)
		return failed(err, "cannot compare map '%s' with its pin in %s", name, dir->path);
	tell_types(name, &diffs, tally);
	if (diffs.inner_skipped)
		detail("what may be inside map '%s' was not compared: nothing is, and the verifier "
		       "does not tell",
		       name);
	if (!diffs.len) {
		err = reuse_compare_slots(object, map, dir, pin_fd, info, how, &diffs);
		if (err)
			goto out;
	}
	entry = find_entry_prog(pin_fd, info);
	clash = !diffs.len && is_bound(info->type) && kind_clashes(object->prog, pin_fd);
	if (clash && info->type == BPF_MAP_TYPE_PROG_ARRAY) {
		err = refuse_link(object, name, dir, pin_fd);
	} else if (diffs.len || clash || entry.prog_id) {
		err = leave_pin(object, map, dir, pin_fd, info, how, &diffs, &entry, &tally->anew);
	} else if (how->parts && how->parts(how->context, name, info->id)) {
		if (how->keeps_name && how->keeps_name(how->context, info->id))
			err = refuse_name(name, dir, info->id);
	} else {
		err = bpf_map__reuse_fd(map, pin_fd);
		if (err)
			failed(err, "cannot reuse map '%s' pinned in %s", name, dir->path);
		else
			tally->reused++;
		if (!err)
			err = reuse_add_left(object, map, dir, info->id, how);
	}
out:
	shape_diffs_free(&diffs);
	return err;
}

int reuse_maps(struct object *object, const struct directory *dir, const struct reuse_options *how,
               unsigned int *reused)
{
	struct bpf_map_info info;
	struct bpf_map *map;
	int err = 0, fd, differ = 0, unmovable = 0, in_use = 0;
	struct tally tally = {};

	*reused = 0;
	if (dir->fd < 0 || dir->dropped)
		return 0;
	bpf_object__for_each_map(map, object->obj) {
		const char *name = object_map_name(object, map);

		if (err || !object_map_counts(map))
			continue;
		fd = reuse_open_pin(dir, object->hook, name, &info);
		if (fd == -ENOENT)
			continue;
		if (fd < 0) {
			err = refuse_pin(dir, object->hook, name, fd);
			continue;
		}
		err = reuse_join(object, map, dir, fd, &info, how);
		if (err == REUSE_JOINED)
			tally.reused++;
		else if (!err)
			err = reuse_pin(object, map, dir, fd, &info, how, &tally);
		close(fd);
		differ += err == DIFFERS;
		unmovable += err == UNMOVABLE;
		in_use += err == IN_USE;
		err = err > 0 ? 0 : err;
	}
	*reused = tally.reused;
	if (*tally.unknown)
		note("the types of these maps could not be compared with those of the pinned ones, "
		     "which takes CAP_SYS_ADMIN where nothing is noted of them: %s",
		     tally.unknown);
	if (!err && !(differ || unmovable || in_use))
		reuse_anew_say(&tally.anew);
	reuse_anew_free(&tally.anew);
	if (err || !(differ || unmovable || in_use))
		return err;
	/*
	 * Neither way leads past a map that a program goes on with under its name, but that of a
	 * plugin that replaces it: the load which it names attaches.
	 */
	if (in_use && !(cli_for_plugin() && how->replaces)) {
		hint("a program that is attached uses %s, and keeps the name",
		     in_use > 1 ? "them" : "it");
		hint_in_use();
		return -EBUSY;
	}
	differ += in_use;
	if (!differ)
		return -EOPNOTSUPP;
	hint("carry the content over: --on-mismatch migrate");
	hint("or start with %s, the old %s beside %s: --on-mismatch fresh",
	     differ > 1 ? "empty maps" : "an empty map", differ > 1 ? "ones stay" : "one stays",
	     differ > 1 ? "them" : "it");
	return -EINVAL;
}

__u32 reuse_find(const struct object *object, const struct bpf_map *map,
                 const struct directory *dir, bool *differs)
{
	struct shape_diffs diffs = {};
	struct bpf_map_info info;
	__u32 id = 0;
	int fd;

	*differs = false;
	if (!object_map_counts(map))
		return 0;
	fd = reuse_open_pin(dir, object->hook, object_map_name(object, map), &info);
	if (fd < 0)
		return 0;
	if (!reuse_is_made_anew(fd, &info, object_map_name(object, map))) {
		id = info.id;
		*differs = find_entry_prog(fd, &info).prog_id ||
		           (!layout_compare(dir, object->obj, map, fd, &info, &diffs) && diffs.len);
		shape_diffs_free(&diffs);
	}
	close(fd);
	return id;
}

bool reuse_is_current(const struct object *object, const struct directory *dir,
                      const struct carry *carry)
{
	struct bpf_map_info info;
	int fd;

	for (size_t i = 0; i < carry->len; i++) {
		const struct carried *one = carry->list[i];

		fd = reuse_open_pin(dir, object->hook, one->name, &info);
		if (fd >= 0)
			close(fd);
		if (fd < 0 || info.id != (one->left_before ? one->to_id : one->from_id))
			return false;
	}
	return true;
}

static int check_shared(const struct object *object, const struct bpf_map *map,
                        const struct directory *dir, const struct reuse_options *how)
{
	const char *name = object_map_name(object, map);
	struct bpf_map_info pinned, ours;
	bool anew;
	int fd, err;

	fd = reuse_open_pin(dir, object->hook, name, &pinned);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return refuse_pin(dir, object->hook, name, fd);
	anew = reuse_is_made_anew(fd, &pinned, name);
	close(fd);
	err = map_describe(bpf_map__fd(map), &ours);
	if (err || ours.id == pinned.id || mismatch_of(how->mismatch, name) == MISMATCH_FRESH)
		return err;
	/* What each load makes anew is replaced; but not by what leads into the row of others. */
	if (anew && ours.type == pinned.type && !reuse_is_link(bpf_map__fd(map), &ours, name))
		return 0;
	if (carry_brings(how->carry, map, pinned.id))
		return 0;
	rejected(-EEXIST, "cannot share map '%s' in %s, where another one (id %u) is pinned", name,
	         dir->path, pinned.id);
	hint("put the shared one in its place, it stays beside it: --on-mismatch fresh");
	return -EEXIST;
}

int reuse_check_shared(const struct object *object, const struct directory *dir,
                       const struct reuse_options *how)
{
	struct bpf_map *map;
	int err = 0;

	if (dir->fd < 0 || dir->dropped)
		return 0;
	bpf_object__for_each_map(map, object->obj) {
		if (!err && object_map_counts(map))
			err = check_shared(object, map, dir, how);
	}
	return err;
}
