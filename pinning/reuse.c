// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/kind.h"
#include "pinning/layout.h"
#include "pinning/object_maps.h"
#include "pinning/reuse_anew.h"
#include "pinning/reuse_internal.h"
#include "pinning/reuse_join.h"
#include "pinning/reuse_lacks.h"
#include "pinning/reuse_slots.h"

/* The pinned map stays as it is, and the object gets another one. No differences: it has programs,
 * or is bound. */
static int leave_pin(const struct object *object, const struct bpf_map *map,
                     const struct directory *dir, int pin_fd, const struct bpf_map_info *info,
                     const struct reuse_options *how, struct shape_diffs *diffs,
                     const struct reuse_entry *entry, struct reuse_anew *anew)
{
	const char *name = object_map_name(object, map);
	enum mismatch what = mismatch_of(how->mismatch, name);
	bool stream = migrate_is_stream(info->type);
	bool in_use = how->keeps_name && how->keeps_name(how->context, info->id);
	char behind[NAME_SIZE + 64] = "";
	struct shape_diffs none = {};
	int err = 0;

	if (diffs->len && what == MISMATCH_FAIL)
		return reuse_refuse_difference(object, map, dir, pin_fd, stream, in_use, how,
		                               diffs);
	if (entry->prog_id && what == MISMATCH_FAIL)
		return reuse_refuse_programs(name, dir, in_use, entry);
	if (in_use)
		return reuse_refuse_name(name, dir, info->id);
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
		return err == -EOPNOTSUPP ? reuse_refuse_content(name, info->type, pin_fd, false)
		                          : err;
	}
	if (!stream)
		reuse_name_behind(object, map, pin_fd, -1, how->classes, behind, sizeof(behind));
	if (diffs->len)
		err = reuse_anew_add(
			anew, diffs,
			"map '%s' is made anew, the one pinned in %s is not what the object "
			"defines%s:",
			name, dir->path,
			stream ? "; it holds no state, and its readers have to open the new one"
			       : "");
	if (!err && *behind)
		err = reuse_anew_add(anew, &none, "%s", behind);
	return err ? failed(err, "cannot compare map '%s' with its pin in %s", name, dir->path) : 0;
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
	struct reuse_entry entry;
	struct shape_diffs diffs;
	bool clash;
	int err;

	if (!reuse_runs_on(object, map, pin_fd, info, how) &&
	    reuse_is_made_anew(pin_fd, info, name))
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
	entry = reuse_entry_prog(pin_fd, info);
	clash = !diffs.len && reuse_is_bound(info->type) && kind_clashes(object->prog, pin_fd);
	if (clash && info->type == BPF_MAP_TYPE_PROG_ARRAY) {
		err = reuse_refuse_link(object, name, dir, pin_fd);
	} else if (diffs.len || clash || entry.prog_id) {
		err = leave_pin(object, map, dir, pin_fd, info, how, &diffs, &entry, &tally->anew);
	} else if (how->parts && how->parts(how->context, name, info->id)) {
		if (how->keeps_name && how->keeps_name(how->context, info->id))
			err = reuse_refuse_name(name, dir, info->id);
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

/* join: so many of them would be those of the other hooks. */
static void hint_fresh(int differ, int join)
{
	bool many = differ > 1;
	const char *what = many ? "start with empty maps" : "start with an empty map";

	if (join == differ)
		what = many ? "go on with the maps that the other hooks have"
		            : "go on with the map that the other hooks have";
	else if (join)
		what = "start with empty maps, or with those of the other hooks where they fit";
	hint("or %s, the old %s beside %s: --on-mismatch fresh", what,
	     many ? "ones stay" : "one stays", many ? "them" : "it");
}

int reuse_maps(struct object *object, const struct directory *dir, const struct reuse_options *how,
               unsigned int *reused)
{
	struct bpf_map_info info;
	struct bpf_map *map;
	int err = 0, fd, differ = 0, unmovable = 0, in_use = 0, join = 0;
	struct tally tally = {};

	*reused = 0;
	if (!directory_has_pins(dir))
		return 0;
	bpf_object__for_each_map(map, object->obj) {
		const char *name = object_map_name(object, map);

		if (err || !object_map_counts(map))
			continue;
		fd = reuse_open_pin(dir, object->hook, name, &info);
		if (fd == -ENOENT)
			continue;
		if (fd < 0) {
			err = reuse_refuse_pin(dir, object->hook, name, fd);
			continue;
		}
		err = reuse_join(object, map, dir, fd, &info, how);
		if (err == REUSE_JOINED)
			tally.reused++;
		else if (!err)
			err = reuse_pin(object, map, dir, fd, &info, how, &tally);
		join += err == REUSE_DIFFERS && reuse_would_join(object, map, dir, fd, how);
		close(fd);
		differ += err == REUSE_DIFFERS;
		unmovable += err == REUSE_UNMOVABLE;
		in_use += err == REUSE_IN_USE;
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
		reuse_hint_in_use();
		return -EBUSY;
	}
	differ += in_use;
	if (!differ)
		return -EOPNOTSUPP;
	hint("carry the content over: --on-mismatch migrate");
	hint_fresh(differ, join);
	return -EINVAL;
}
