// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "bpffs/view.h"
#include "pinning/carry_done.h"
#include "pinning/mapname.h"
#include "pinning/object_maps.h"
#include "pinning/reuse_join.h"
#include "pinning/reuse_lacks.h"
#include "pinning/reuse_unpinned.h"
#include "pinning/shape.h"

/* Under its name: in its place, or as what a replacement left. What has another name nobody finds.
 */
static const struct view_map *find_pin(const struct view *pinned, const char *name, __u32 map_id)
{
	for (size_t i = 0; i < pinned->len; i++)
		if (pinned->maps[i].info.id == map_id && !strcmp(pinned->maps[i].name, name))
			return &pinned->maps[i];
	return NULL;
}

static bool has_name(const struct live *live, const struct live_map *map, const struct view *pinned,
                     const char *name)
{
	char full[NAME_SIZE];
	const char *why;

	if (*map->name)
		return !strcmp(map->name, name);
	if (mapname_pinned(pinned, &map->info, full) ||
	    !mapname_find(&live->progs[map->prog], &map->info, full, &why))
		return !strcmp(full, name);
	return *map->info.name && !strncmp(map->info.name, name, sizeof(map->info.name) - 1);
}

/*
 * The map of the replaced program that has this name; where that cannot be told, the first of those
 * that may have it, by what the kernel kept of it, and how many they are in *count.
 */
static const struct live_map *find_used(const struct live *live, const struct view *pinned,
                                        const char *name, unsigned int *count)
{
	const struct live_map *found = NULL;

	*count = 0;
	for (size_t i = 0; i < live->maps_len; i++) {
		const struct live_map *map = &live->maps[i];

		if (map->info.type == BPF_MAP_TYPE_PROG_ARRAY ||
		    migrate_is_stream(map->info.type) || mapname_is_internal(&map->info) ||
		    !has_name(live, map, pinned, name))
			continue;
		if (find_pin(pinned, name, map->info.id)) {
			*count = 1;
			return map;
		}
		found = found ? found : map;
		++*count;
	}
	return found;
}

/* "pinned by others, at PATH"; or that nobody has it pinned: false. */
static bool say_where(const struct reuse_unpinned *in, __u32 map_id, char *text, size_t size)
{
	for (int owner = OWNER_OTHER; owner <= OWNER_IPROUTE2; owner++) {
		const char *path = owners_path(in->owners, owner, PIN_MAP, map_id);

		if (!path)
			continue;
		snprintf(text, size, "pinned by others, at %s", path);
		return true;
	}
	snprintf(text, size, "not pinned");
	return false;
}

/* What was refused, all maps together. */
struct refusals {
	unsigned int count;
	bool foreign;  /* others keep one of them pinned */
	bool pinnable; /* one of them can be pinned here */
	bool beside;   /* one of them can be pinned beside that of another hook, and added to it */
	bool denied;   /* what one of them has could be added with CAP_SYS_ADMIN */
	bool comes;    /* what one of them has can be added to the map in place */
	bool twins;    /* of one of them, only the object tells which it is */
	const char *name;
	const char *unseen; /* the first map of which that program may have another one */
};

/* Nothing is pinned in the place of what another program goes on with. */
static bool is_pinnable(const struct reuse_unpinned *in, __u32 pinned_id)
{
	return !pinned_id || !in->keeps_name(in->how->context, pinned_id);
}

/* pinned_id: of the map that has the name in the directory; 0: none has. */
static void refuse(const struct directory *dir, const struct reuse_unpinned *in, const char *name,
                   const struct live_map *map, unsigned int count, __u32 pinned_id,
                   struct refusals *all)
{
	char where[PATH_MAX + 32];

	say_where(in, map->info.id, where, sizeof(where));
	if (count > 1)
		rejected(-EEXIST,
		         "cannot load with %s map '%s'%s%s: that of program %u, which it "
		         "replaces, is one of %u whose names share the 15 letters that the kernel "
		         "keeps, map %u for one",
		         pinned_id ? "the" : "a new", name, pinned_id ? " pinned in " : "",
		         pinned_id ? dir->path : "", in->prog_id, count, map->info.id);
	else if (pinned_id)
		rejected(-EEXIST,
		         "cannot load with map '%s' pinned in %s: program %u, which it replaces, "
		         "has another one, map %u, %s",
		         name, dir->path, in->prog_id, map->info.id, where);
	else
		rejected(-EEXIST,
		         "cannot load with a new map '%s': that of program %u, which it "
		         "replaces, is map %u, %s",
		         name, in->prog_id, map->info.id, where);
	all->foreign |= owners_path(in->owners, OWNER_OTHER, PIN_MAP, map->info.id) != NULL;
	all->pinnable |= is_pinnable(in, pinned_id);
	all->twins |= count > 1;
	all->name = name;
	all->count++;
}

static int hint_refused(const struct object *object, const struct directory *dir,
                        const struct refusals *all)
{
	const char *them = all->count > 1 ? "them" : "it";

	if (all->comes)
		hint("add what %s to what is in place: --on-mismatch %s=migrate, or migrate for "
		     "all such maps",
		     all->count > 1 ? "they hold" : "it holds", cli_word(all->name));
	if (all->denied)
		hint("%srun as root, or with CAP_SYS_ADMIN: then what %s can be added",
		     all->comes ? "or " : "", all->count > 1 ? "they hold" : "it holds");
	if (all->beside && !all->pinnable)
		hint("%spin %s beside those in place: %s %s%s; then the load adds what %s to "
		     "those, "
		     "with --on-mismatch migrate",
		     all->comes || all->denied ? "or " : "", them, cli_command("pin_maps"),
		     all->foreign ? "--foreign " : "", cli_interface(dir->ifname),
		     all->count > 1 ? "they hold" : "it holds");
	if (all->pinnable)
		hint("%spin %s in %s, and the load goes on with %s%s: %s %s%s%s%s%s",
		     all->comes || all->denied ? "or " : "", them, dir->path, them,
		     all->twins ? "; of which object the program is, tells them apart" : "",
		     cli_command("pin_maps"), all->foreign ? "--foreign " : "",
		     all->twins ? "--object " : "", all->twins ? cli_word(object->path) : "",
		     all->twins ? " " : "", cli_interface(dir->ifname));
	hint("%sleave behind what %s: --on-mismatch %s=fresh, or --replace for all such maps",
	     all->comes || all->denied || all->pinnable || all->beside ? "or " : "",
	     all->count > 1 ? "they hold" : "it holds", cli_word(all->name));
	return -EEXIST;
}

static void tell_left(const struct reuse_unpinned *in, const char *name, const struct live_map *map,
                      unsigned int count, __u32 pinned_id)
{
	char where[PATH_MAX + 32], what[32] = "begins empty";

	if (!say_where(in, map->info.id, where, sizeof(where)) && in->others)
		return;
	if (pinned_id)
		snprintf(what, sizeof(what), "is map %u", pinned_id);
	if (count > 1)
		note("map '%s' %s: what program %u has in one of %u maps whose names share the 15 "
		     "letters that the kernel keeps stays behind, map %u for one",
		     name, what, in->prog_id, count, map->info.id);
	else
		note("map '%s' %s: what map %u of program %u holds stays behind; that is %s", name,
		     what, map->info.id, in->prog_id, where);
}

/* The map that has the name, or is the object's, which keeps its descriptor; -1: none. */
static int open_taken(const struct object *object, const struct bpf_map *map,
                      const struct directory *dir, struct bpf_map_info *info)
{
	int fd;

	if (!object->loaded) {
		fd = reuse_open_pin(dir, object->hook, object_map_name(object, map), info);
		return fd < 0 ? -1 : fd;
	}
	return map_describe(bpf_map__fd(map), info) ? -1 : bpf_map__fd(map);
}

/* A map of the replaced program that is pinned under its name here, but not where a map is taken
 * from. */
struct left {
	const char *name;
	const struct live_map *used;
	const struct view_map *pin;
	int taken_fd; /* -1: the new one begins empty */
	struct bpf_map_info taken;
};

/* reuse_add_left() and reuse_join() see to it: what it has comes to the map in place. */
static bool can_come(const struct object *object, const struct bpf_map *map,
                     const struct directory *dir, const struct reuse_unpinned *in,
                     const struct left *left)
{
	char why[256];

	if (object->loaded || left->taken_fd < 0 ||
	    !reuse_fits(object, map, dir, left->taken_fd, &left->taken))
		return false;
	return carry_check(object, map, left->used->fd, LAYOUT_UNKNOWN, in->how->classes, why,
	                   sizeof(why)) != -EOPNOTSUPP;
}

static void refuse_left(const struct directory *dir, const struct reuse_unpinned *in,
                        const struct left *left, __u64 lacking, struct refusals *all)
{
	char where[MAP_PATH_SIZE];

	view_map_path(left->pin, where, sizeof(where));
	if (left->taken_fd >= 0)
		rejected(-EEXIST,
		         "cannot load with map '%s' pinned in %s: program %u, which it replaces, "
		         "goes by %llu entr%s of another one, map %u, pinned as %s, that %s not "
		         "in it",
		         left->name, dir->path, in->prog_id, (unsigned long long)lacking,
		         lacking == 1 ? "y" : "ies", left->used->info.id, where,
		         lacking == 1 ? "is" : "are");
	else
		rejected(-EEXIST,
		         "cannot load with a new map '%s': program %u, which it replaces, goes by "
		         "%llu entr%s of map %u, pinned as %s",
		         left->name, in->prog_id, (unsigned long long)lacking,
		         lacking == 1 ? "y" : "ies", left->used->info.id, where);
	all->pinnable |= is_pinnable(in, left->taken_fd >= 0 ? left->taken.id : 0);
	all->name = left->name;
	all->count++;
}

/*
 * A list that the replaced program goes by must not be out of force without a word. One that came
 * over before, to a map that others go by since, is edited there: what it has alone is said only,
 * unless it was edited as well.
 */
static int check_left(const struct object *object, const struct bpf_map *map,
                      const struct directory *dir, const struct reuse_unpinned *in,
                      const struct left *left, struct refusals *all)
{
	enum mismatch what = mismatch_of(in->how->mismatch, left->name);
	int class = carry_class(bpf_object__btf(object->obj), left->name, bpf_map__type(map),
	                        in->how->classes);
	__u32 id = left->used->info.id;
	bool comes, done;
	__u64 lacking;
	int err;

	if (class != MIGRATE_CONFIG)
		return 0;
	comes = can_come(object, map, dir, in, left);
	if (comes && what == MISMATCH_MIGRATE)
		return 0;
	err = reuse_count_lacking(left->used->fd, left->taken_fd, class, &lacking);
	if (err || !lacking)
		return err;
	if (what == MISMATCH_FRESH || in->replace) {
		note("map '%s': %llu entr%s of map %u, which program %u goes by, %s left behind",
		     left->name, (unsigned long long)lacking, lacking == 1 ? "y" : "ies", id,
		     in->prog_id, lacking == 1 ? "is" : "are");
		return 0;
	}
	done = dir->has_record && left->taken_fd >= 0 &&
	       carry_done_into(&dir->record, id, left->taken.id) &&
	       !is_pinnable(in, left->taken.id);
	if (done && !carry_came_differs(&dir->record, id, left->used->fd)) {
		note("map '%s': %llu entr%s of map %u, which came over before, and which program "
		     "%u goes by, %s not in the one in place: deleted or changed there since",
		     left->name, (unsigned long long)lacking, lacking == 1 ? "y" : "ies", id,
		     in->prog_id, lacking == 1 ? "is" : "are");
		return 0;
	}
	refuse_left(dir, in, left, lacking, all);
	if (done)
		hint("it came over before, and was edited since: put into map %u what is still "
		     "needed of it",
		     left->taken.id);
	all->comes |= comes && !done;
	all->denied |= !done && !comes && left->taken_fd >= 0 && reuse_is_denied(left->used->fd);
	return 0;
}

/* A map of another hook has the name: pin_maps puts this one beside it. */
static bool can_be_beside(const struct object *object, const struct bpf_map *map,
                          const struct directory *dir, const struct reuse_unpinned *in,
                          const struct left *left)
{
	char users[64] = "";

	if (left->taken_fd < 0 || !in->how->users)
		return false;
	in->how->users(in->how->context, left->taken.id, users, sizeof(users));
	return *users && can_come(object, map, dir, in, left);
}

static int check_one(const struct object *object, const struct bpf_map *map,
                     const struct directory *dir, const struct reuse_unpinned *in,
                     const struct view *pinned, struct refusals *all)
{
	const char *name = object_map_name(object, map);
	struct left left = { .name = name, .taken_fd = -1 };
	unsigned int count;
	__u32 taken;
	int err = 0;

	left.used = find_used(in->replaced, pinned, name, &count);
	if (!left.used && !all->unseen && !in->replace &&
	    mismatch_of(in->how->mismatch, name) != MISMATCH_FRESH)
		all->unseen = name;
	if (!left.used)
		return 0;
	left.taken_fd = open_taken(object, map, dir, &left.taken);
	taken = left.taken_fd >= 0 ? left.taken.id : 0;
	if (taken == left.used->info.id)
		goto out;
	/* It comes with that of another interface. */
	if (object->loaded && carry_brings(in->how->carry, map, left.used->info.id))
		goto out;
	left.pin = find_pin(pinned, name, left.used->info.id);
	if (left.pin)
		err = check_left(object, map, dir, in, &left, all);
	else if (!in->replace && mismatch_of(in->how->mismatch, name) != MISMATCH_FRESH) {
		refuse(dir, in, name, left.used, count, object->loaded ? 0 : taken, all);
		all->beside |= count == 1 && can_be_beside(object, map, dir, in, &left);
	} else
		tell_left(in, name, left.used, count, taken);
out:
	if (left.taken_fd >= 0 && !object->loaded)
		close(left.taken_fd);
	return err;
}

/* It has more maps without a pin than the object has of those that are never pinned. */
static void tell_unseen(const struct object *object, const struct directory *dir,
                        const struct reuse_unpinned *in, const char *name)
{
	unsigned int internal = 0;
	struct bpf_map *map;

	bpf_object__for_each_map(map, object->obj)
		internal += bpf_map__is_internal(map);
	if (!name || in->lacks->maps <= internal)
		return;
	note("program %u, which is replaced, uses %u map%s without a pin in %s: if '%s' is among "
	     "them, what it holds stays behind; to look at them takes CAP_SYS_ADMIN",
	     in->prog_id, in->lacks->maps, in->lacks->maps == 1 ? "" : "s", dir->path, name);
}

int reuse_check_unpinned(const struct object *object, const struct directory *dir,
                         const struct reuse_unpinned *in)
{
	struct refusals all = {};
	struct bpf_map *map;
	int err;

	if (!directory_has_pins(dir) || !(in->replaced->maps_len || in->lacks->maps))
		return 0;
	err = view_list(in->pinned, dir);
	bpf_object__for_each_map(map, object->obj) {
		if (!err && object_map_counts(map))
			err = check_one(object, map, dir, in, in->pinned, &all);
	}
	if (!err && !all.count)
		tell_unseen(object, dir, in, all.unseen);
	return err || !all.count ? err : hint_refused(object, dir, &all);
}
