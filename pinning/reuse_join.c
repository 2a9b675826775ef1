// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/listing.h"
#include "bpffs/log.h"
#include "bpffs/name.h"
#include "bpffs/pin.h"
#include "pinning/carry_done.h"
#include "pinning/layout.h"
#include "pinning/reuse_join.h"
#include "pinning/reuse_lacks.h"

/* The egress program's pin of this name is one of its own, and no symlink to the flat one. */
static bool is_apart(const struct directory *dir, enum hook hook, const char *name)
{
	char file[NAME_SIZE], path[NAME_SIZE * 2];
	struct stat st;

	if (hook != HOOK_TC_EGRESS || !strcmp(name, DIRECTORY_TC_STATS) ||
	    mapname_encode(name, file, sizeof(file)))
		return false;
	snprintf(path, sizeof(path), "%s/%s", DIRECTORY_EGRESS, file);
	return !fstatat(dir->fd, path, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode);
}

/* A list that came over into that map would get back what was deleted there since. */
static bool is_done(const struct object *object, const struct bpf_map *map,
                    const struct directory *dir, __u32 old_id, __u32 map_id,
                    const char *const *classes)
{
	int class = carry_class(bpf_object__btf(object->obj), object_map_name(object, map),
	                        bpf_map__type(map), classes);

	return class == MIGRATE_CONFIG && dir->has_record &&
	       carry_done_into(&dir->record, old_id, map_id);
}

/* A note of what an earlier run is to bring over: it comes by that. */
static bool is_noted(const struct directory *dir, __u32 old_id)
{
	return directory_carries(dir, old_id);
}

/* How the types of a map that is left compare, should this run not be allowed to read them. */
static enum layout_verdict layout_of(const struct object *object, const struct bpf_map *map,
                                     const struct directory *dir, int old_fd)
{
	enum layout_verdict layout = LAYOUT_UNKNOWN;
	struct bpf_map_info info;
	struct shape_diffs diffs;

	if (!map_describe(old_fd, &info) &&
	    !layout_compare(dir, object->obj, map, old_fd, &info, &diffs)) {
		layout = diffs.layout;
		shape_diffs_free(&diffs);
	}
	return layout;
}

static int bring(const struct object *object, const struct bpf_map *map,
                 const struct directory *dir, int old_fd, __u32 old_id, __u32 map_id,
                 enum layout_verdict layout, const struct reuse_options *how, bool left_before)
{
	bool done = is_done(object, map, dir, old_id, map_id, how->classes);

	return carry_join(how->carry, object, map, old_fd, layout, how->classes, left_before,
	                  done ? &dir->record : NULL);
}

static void tell_apart(const struct directory *dir, const char *name,
                       const struct bpf_map_info *own, const struct bpf_map_info *flat,
                       const struct reuse_options *how)
{
	char ours[64], theirs[64], what[128];

	how->users(how->context, own->id, ours, sizeof(ours));
	how->users(how->context, flat->id, theirs, sizeof(theirs));
	if (!*theirs)
		snprintf(what, sizeof(what), "no program on %.64s uses", cli_text(dir->ifname));
	else if (*ours)
		snprintf(what, sizeof(what), "%s %s", theirs, strchr(theirs, ' ') ? "have" : "has");
	else
		snprintf(what, sizeof(what), "the other hooks of %.64s have",
		         cli_text(dir->ifname));
	note("map '%s' (id %u) is of %s%s: %s map %u%s", name, own->id, *ours ? ours : "",
	     *ours ? " and tc_egress" : "tc_egress alone", what, flat->id,
	     *theirs ? "" : ", which has the name");
	hint("have one for all of them, with what is in both: --on-mismatch %s=migrate",
	     cli_word(name));
}

/* They were one for all hooks, and no load began anew with either. */
static bool were_one(const struct directory *dir, __u32 own_id, __u32 flat_id)
{
	const struct record *rec = &dir->record;
	__u32 to;

	return dir->has_record && ((carry_parted_get(rec, own_id, &to) && to == flat_id) ||
	                           (carry_gave_way_get(rec, own_id, &to) && to == flat_id) ||
	                           (carry_gave_way_get(rec, flat_id, &to) && to == own_id));
}

/* Whether the flat map takes the place of the own one. */
static bool wants_flat(const struct object *object, const struct bpf_map *map,
                       const struct directory *dir, int pin_fd, const struct bpf_map_info *info,
                       int flat_fd, const struct bpf_map_info *flat,
                       const struct reuse_options *how)
{
	const char *name = object_map_name(object, map);
	enum mismatch what = mismatch_of(how->mismatch, name);
	char why[256];

	if (flat->id == info->id || reuse_is_made_anew(flat_fd, flat, name) ||
	    !reuse_fits(object, map, dir, flat_fd, flat))
		return false;
	if (reuse_fits(object, map, dir, pin_fd, info) && !mismatch_names(how->mismatch, name) &&
	    !(what == MISMATCH_MIGRATE && were_one(dir, info->id, flat->id))) {
		tell_apart(dir, name, info, flat, how);
		return false;
	}
	if (what == MISMATCH_FAIL || (how->keeps_name && how->keeps_name(how->context, info->id)) ||
	    (how->parts && how->parts(how->context, name, flat->id)))
		return false;
	return what == MISMATCH_FRESH ||
	       carry_check(object, map, pin_fd, layout_of(object, map, dir, pin_fd), how->classes,
	                   why, sizeof(why)) != -EOPNOTSUPP;
}

bool reuse_would_join(const struct object *object, const struct bpf_map *map,
                      const struct directory *dir, int pin_fd, const struct reuse_options *how)
{
	const char *name = object_map_name(object, map);
	struct bpf_map_info own, flat;
	bool joins;
	int fd;

	if (!is_apart(dir, object->hook, name) || map_describe(pin_fd, &own) ||
	    (how->keeps_name && how->keeps_name(how->context, own.id)))
		return false;
	fd = reuse_open_pin(dir, HOOK_XDP, name, &flat);
	if (fd < 0)
		return false;
	joins = flat.id != own.id && !reuse_is_made_anew(fd, &flat, name) &&
	        reuse_fits(object, map, dir, fd, &flat);
	close(fd);
	return joins;
}

static int take_flat(const struct object *object, struct bpf_map *map, const struct directory *dir,
                     int pin_fd, const struct bpf_map_info *info, int flat_fd,
                     const struct bpf_map_info *flat, const struct reuse_options *how)
{
	const char *name = object_map_name(object, map);
	char behind[NAME_SIZE + 64] = "";
	int err = bpf_map__reuse_fd(map, flat_fd);

	if (err)
		return failed(err, "cannot reuse map '%s' pinned in %s", name, dir->path);
	note("map '%s': tc_egress goes on with map %u, which the other hooks of %s have", name,
	     flat->id, dir->ifname);
	if (mismatch_of(how->mismatch, name) == MISMATCH_FRESH) {
		reuse_name_behind(object, map, pin_fd, flat_fd, how->classes, behind,
		                  sizeof(behind));
		if (*behind)
			note("%s", behind);
	}
	if (mismatch_of(how->mismatch, name) == MISMATCH_MIGRATE && !is_noted(dir, info->id))
		err = bring(object, map, dir, pin_fd, info->id, flat->id,
		            layout_of(object, map, dir, pin_fd), how, false);
	return err ? err : REUSE_JOINED;
}

int reuse_join(const struct object *object, struct bpf_map *map, const struct directory *dir,
               int pin_fd, const struct bpf_map_info *info, const struct reuse_options *how)
{
	const char *name = object_map_name(object, map);
	struct bpf_map_info flat;
	int fd, err = 0;

	if (!is_apart(dir, object->hook, name))
		return 0;
	fd = reuse_open_pin(dir, HOOK_XDP, name, &flat);
	if (fd < 0)
		return 0;
	if (wants_flat(object, map, dir, pin_fd, info, fd, &flat, how))
		err = take_flat(object, map, dir, pin_fd, info, fd, &flat, how);
	close(fd);
	return err;
}

/* A map of this name beside the one in place, of which the replaced program is a user. */
struct beside {
	const char *file;
	__u32 id;
	bool own;     /* of the egress program, which goes on with it under its name */
	bool by_name; /* and it joins the one in place only if it is named */
};

/* "%old-117", or "%egress/NAME". */
static const char *beside_name(const struct beside *beside, char *text, size_t size)
{
	if (beside->own)
		snprintf(text, size, "%s/%s", DIRECTORY_EGRESS, beside->file);
	else
		snprintf(text, size, "%%old-%u", beside->id);
	return text;
}

/* This load does not bring it, and once it is done the replaced program is no user of it any more.
 */
static void hint_add(const struct directory *dir, const struct beside *beside, const char *name,
                     bool as_root)
{
	const char *root = as_root ? ", as root" : "";

	if (beside->own)
		hint("add what it has afterwards%s, by having tc_egress go on with the one in "
		     "place: %s --on-mismatch %s%smigrate --hook tc_egress %s OBJECT",
		     root, cli_command("load"), beside->by_name ? cli_word(name) : "",
		     beside->by_name ? "=" : "", cli_interface(dir->ifname));
	else
		hint("add what it has afterwards%s: %s --carry %s%s", root, cli_command("pin_maps"),
		     cli_word(dir->ifname),
		     as_root ? "" : "; a load with --on-mismatch migrate does it by itself");
}

/* Without CAP_SYS_ADMIN, and unless it is known to work with the new one: it may use the old one.
 */
static void tell_unknown(const struct object *object, const struct bpf_map *map,
                         const struct directory *dir, const struct beside *beside, __u32 map_id,
                         const struct reuse_options *how)
{
	const char *name = object_map_name(object, map);
	char where[NAME_SIZE * 2];

	if ((dir->has_record && record_has_map(&dir->record, object->hook, map_id)) ||
	    mismatch_of(how->mismatch, name) == MISMATCH_FRESH ||
	    is_done(object, map, dir, beside->id, map_id, how->classes))
		return;
	note("map '%s': if the replaced program has counts or rules in map %u up to now, they stay "
	     "in %s: to see which maps it uses takes CAP_SYS_ADMIN",
	     name, beside->id, beside_name(beside, where, sizeof(where)));
	hint_add(dir, beside, name, true);
}

/* The egress program goes on with its own map, under its name. */
static int bring_beside(const struct object *object, const struct bpf_map *map,
                        const struct directory *dir, int fd, const struct beside *beside,
                        __u32 map_id, enum layout_verdict layout, const struct reuse_options *how)
{
	size_t len = how->carry->len;
	int err = bring(object, map, dir, fd, beside->id, map_id, layout, how, true);

	if (how->carry->len > len)
		how->carry->list[len]->shared = beside->own;
	return err;
}

/* What is left of a map of this name, or the egress program has of it: of any the replaced program
 * is a user of. */
static int add_one(const struct object *object, const struct bpf_map *map,
                   const struct directory *dir, int fd, const struct beside *beside, __u32 map_id,
                   const struct reuse_options *how)
{
	const char *name = object_map_name(object, map);
	int uses = how->replaced_uses(how->context, beside->id);
	char where[NAME_SIZE * 2], why[256];
	enum layout_verdict layout;

	if (is_noted(dir, beside->id) || !uses)
		return 0;
	if (uses < 0) {
		tell_unknown(object, map, dir, beside, map_id, how);
		return 0;
	}
	beside_name(beside, where, sizeof(where));
	if (mismatch_of(how->mismatch, name) == MISMATCH_FAIL) {
		if (is_done(object, map, dir, beside->id, map_id, how->classes))
			return 0;
		note("map '%s': what the %s program has in map %u up to now stays in %s", name,
		     how->gone ? "unloaded" : "replaced", beside->id, where);
		hint_add(dir, beside, name, false);
	} else if (mismatch_of(how->mismatch, name) == MISMATCH_MIGRATE) {
		layout = layout_of(object, map, dir, fd);
		if (carry_check(object, map, fd, layout, how->classes, why, sizeof(why)) !=
		    -EOPNOTSUPP)
			return bring_beside(object, map, dir, fd, beside, map_id, layout, how);
		note("map '%s': what is in %s stays there: %s", name, where, why);
		if (reuse_is_denied(fd))
			hint_add(dir, beside, name, true);
	}
	return 0;
}

/* One file of either directory; old_id 0: it is in its place there. */
static int add_file(const struct object *object, const struct bpf_map *map,
                    const struct directory *dir, int dir_fd, struct beside *beside, __u32 old_id,
                    __u32 map_id, const struct reuse_options *how)
{
	struct bpf_map_info info;
	int fd, err = 0;

	fd = pin_open_map(dir_fd, beside->file, 0, &info);
	if (fd < 0)
		return 0;
	beside->id = info.id;
	beside->own = !old_id;
	beside->by_name = beside->own && reuse_fits(object, map, dir, fd, &info) &&
	                  !were_one(dir, info.id, map_id);
	/* Of a map that gave way in both places, one of its two names is enough. */
	if (info.id != map_id && (!old_id || old_id == info.id) &&
	    !carry_brings(how->carry, map, info.id))
		err = add_one(object, map, dir, fd, beside, map_id, how);
	close(fd);
	return err;
}

static int add_from(const struct object *object, const struct bpf_map *map,
                    const struct directory *dir, const char *where, __u32 map_id,
                    const struct reuse_options *how)
{
	bool egress = !strcmp(where, DIRECTORY_EGRESS);
	char base[NAME_SIZE];
	struct listing all;
	__u32 old_id;
	int fd, err;

	fd = bpffs_open_dir(dir->fd, where, O_RDONLY);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return failed(fd, "cannot list %s", dir->path);
	err = listing_read(&all, fd);
	if (err)
		failed(err, "cannot list %s", dir->path);
	for (size_t i = 0; !err && i < all.len; i++) {
		struct beside beside = { .file = all.list[i].name };

		if (!S_ISREG(all.list[i].type) ||
		    mapname_parse(beside.file, base, sizeof(base), &old_id) ||
		    strcmp(base, object_map_name(object, map)) != 0)
			continue;
		if (old_id || (egress && object->hook != HOOK_TC_EGRESS))
			err = add_file(object, map, dir, fd, &beside, old_id, map_id, how);
	}
	listing_free(&all);
	close(fd);
	return err;
}

int reuse_add_left(const struct object *object, const struct bpf_map *map,
                   const struct directory *dir, __u32 map_id, const struct reuse_options *how)
{
	bool stats = !strcmp(object_map_name(object, map), DIRECTORY_TC_STATS);
	bool egress = object->hook == HOOK_TC_EGRESS;
	int err = 0;

	if (!how->replaced_uses)
		return 0;
	/* Statistics of the egress hook are its own, and those of the other hooks theirs. */
	if (egress || !stats)
		err = add_from(object, map, dir, DIRECTORY_EGRESS, map_id, how);
	if (!err && !(egress && stats))
		err = add_from(object, map, dir, ".", map_id, how);
	return err;
}
