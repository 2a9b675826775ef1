// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/view.h"
#include "pinning/mapname.h"
#include "pinning/object_maps.h"
#include "pinning/reuse_unpinned.h"
#include "pinning/shape.h"

/* By its full name; where that cannot be told, by what the kernel kept of it. */
static bool has_name(const struct live *live, const struct live_map *map, const char *name)
{
	char full[NAME_SIZE];
	const char *why;

	if (*map->name)
		return !strcmp(map->name, name);
	if (!mapname_find(&live->progs[map->prog], &map->info, full, &why))
		return !strcmp(full, name);
	return *map->info.name && !strncmp(map->info.name, name, sizeof(map->info.name) - 1);
}

static const struct live_map *find_used(const struct live *live, const char *name)
{
	for (size_t i = 0; i < live->maps_len; i++) {
		const struct live_map *map = &live->maps[i];

		if (map->info.type != BPF_MAP_TYPE_PROG_ARRAY &&
		    !migrate_is_stream(map->info.type) && !mapname_is_internal(&map->info) &&
		    has_name(live, map, name))
			return map;
	}
	return NULL;
}

/* In its place, or as what a replacement left: reuse_maps() goes by these. */
static bool is_pinned(const struct view *pinned, __u32 map_id)
{
	for (size_t i = 0; i < pinned->len; i++)
		if (pinned->maps[i].info.id == map_id)
			return true;
	return false;
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
	const char *name;
};

/* pinned_id: of the map that has the name in the directory; 0: none has. */
static void refuse(const struct directory *dir, const struct reuse_unpinned *in, const char *name,
                   const struct live_map *map, __u32 pinned_id, struct refusals *all)
{
	char where[PATH_MAX + 32];

	say_where(in, map->info.id, where, sizeof(where));
	if (pinned_id)
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
	/* Nothing is pinned in the place of what another program goes on with. */
	all->pinnable |= !pinned_id || !in->keeps_name(in->how->context, pinned_id);
	all->name = name;
	all->count++;
}

static int hint_refused(const struct directory *dir, const struct refusals *all)
{
	const char *them = all->count > 1 ? "them" : "it";

	if (all->pinnable)
		hint("pin %s in %s, and the load goes on with %s: %s %s%s", them, dir->path, them,
		     cli_command("pin_maps"), all->foreign ? "--foreign " : "",
		     cli_interface(dir->ifname));
	hint("%sleave behind what %s: --on-mismatch %s=fresh, or --replace for all such maps",
	     all->pinnable ? "or " : "", all->count > 1 ? "they hold" : "it holds",
	     cli_word(all->name));
	return -EEXIST;
}

static void tell_left(const struct reuse_unpinned *in, const char *name, const struct live_map *map,
                      __u32 pinned_id)
{
	char where[PATH_MAX + 32], what[32] = "begins empty";

	if (!say_where(in, map->info.id, where, sizeof(where)) && in->others)
		return;
	if (pinned_id)
		snprintf(what, sizeof(what), "is map %u", pinned_id);
	note("map '%s' %s: what map %u of program %u holds stays behind; that is %s", name, what,
	     map->info.id, in->prog_id, where);
}

/* The id of the map that has the name, or is the object's already; 0: none. */
static __u32 find_taken(const struct object *object, const struct bpf_map *map,
                        const struct directory *dir)
{
	struct bpf_map_info info;
	int fd;

	if (object->loaded)
		return map_describe(bpf_map__fd(map), &info) ? 0 : info.id;
	fd = reuse_open_pin(dir, object->hook, object_map_name(object, map), &info);
	if (fd < 0)
		return 0;
	close(fd);
	return info.id;
}

static int check_one(const struct object *object, const struct bpf_map *map,
                     const struct directory *dir, const struct reuse_unpinned *in,
                     struct view *pinned, struct refusals *all)
{
	const char *name = object_map_name(object, map);
	const struct live_map *used = find_used(in->replaced, name);
	__u32 taken;
	int err;

	if (!used)
		return 0;
	taken = find_taken(object, map, dir);
	if (taken == used->info.id)
		return 0;
	if (!pinned->maps) {
		err = view_list(pinned, dir);
		if (err)
			return err;
	}
	if (is_pinned(pinned, used->info.id))
		return 0;
	if (!in->replace && mismatch_of(in->how->mismatch, name) != MISMATCH_FRESH)
		refuse(dir, in, name, used, object->loaded ? 0 : taken, all);
	else
		tell_left(in, name, used, taken);
	return 0;
}

int reuse_check_unpinned(const struct object *object, const struct directory *dir,
                         const struct reuse_unpinned *in)
{
	struct view pinned = {};
	struct refusals all = {};
	struct bpf_map *map;
	int err = 0;

	if (dir->fd < 0 || dir->dropped || !in->replaced->maps_len)
		return 0;
	bpf_object__for_each_map(map, object->obj) {
		if (!err && object_map_counts(map))
			err = check_one(object, map, dir, in, &pinned, &all);
	}
	view_close(&pinned);
	return err || !all.count ? err : hint_refused(dir, &all);
}
