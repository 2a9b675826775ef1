// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/view.h"
#include "pinning/mapname.h"
#include "pinning/plan.h"

const char *plan_state_name(enum plan_state state)
{
	static const char *const names[] = {
		[PLAN_PINNED] = "pinned",     [PLAN_KEPT] = "kept",
		[PLAN_REPLACED] = "replaced", [PLAN_FOREIGN] = "foreign",
		[PLAN_REFUSED] = "refused",
	};

	return names[state];
}

__attribute__((format(printf, 2, 3))) static void refuse(struct plan_map *map, const char *fmt, ...)
{
	va_list args;

	map->state = PLAN_REFUSED;
	va_start(args, fmt);
	vsnprintf(map->why, sizeof(map->why), fmt, args);
	va_end(args);
}

/* The map that has been given this name in this place already, or NULL. */
static const struct plan_map *holder(const struct plan *plan, const char *name, bool egress)
{
	for (size_t i = 0; i < plan->len; i++) {
		const struct plan_map *map = &plan->maps[i];

		if (plan_publishes(map) && map->egress == egress && !strcmp(map->name, name))
			return map;
	}
	return NULL;
}

/* What is pinned under that name now: 0 with its id, -ENOENT, or -EINVAL if it is no map. */
static int find_present(const struct plan_input *in, const char *file, bool egress, __u32 *id)
{
	int egress_fd, err;

	if (!directory_has_pins(in->dir))
		return -ENOENT;
	if (!egress)
		return pin_map_id(in->dir->fd, file, id);
	egress_fd = bpffs_open_dir(in->dir->fd, DIRECTORY_EGRESS, O_RDONLY);
	if (egress_fd < 0)
		return egress_fd;
	err = pin_map_id(egress_fd, file, id);
	close(egress_fd);
	/* A symlink to a flat map gives way. */
	return err == -ELOOP ? -ENOENT : err;
}

/* It could not be looked at: that is nothing about what it is. Returns 0 or err, reported. */
static int check_seen(const struct plan_input *in, const char *file, int err)
{
	if (!err || err == -ENOENT || err == -EINVAL || err == -ELOOP || err == -EACCES)
		return 0;
	return failed(err, "cannot look at %s in %s", file, in->dir->path);
}

/*
 * The pin in %egress/ is of another map: that one gives way, else it would go on standing for what
 * the egress program uses. The new one is the flat one, or no program's map has the flat name: then
 * it gets that as well when the pins are looked at next.
 */
static int find_joining(const struct plan_input *in, const struct plan_map *flat,
                        struct plan_map *map)
{
	char file[NAME_SIZE];
	__u32 own, id;
	int err;

	if (mapname_encode(map->name, file, sizeof(file)))
		return 0;
	err = find_present(in, file, true, &own);
	map->renamed = !err && own == map->info.id;
	if (check_seen(in, file, err) || err || own == map->info.id)
		return check_seen(in, file, err);
	if (!flat)
		err = find_present(in, file, false, &id);
	map->joins = flat || (!err && id == map->info.id);
	map->egress = true;
	return 0;
}

/*
 * Flat, or in %egress/: the hooks share by name, and where two maps of one name differ the order
 * of the hooks decides. An egress program's statistics are its own in any case.
 */
static int choose_place(const struct plan *plan, const struct plan_input *in, struct plan_map *map)
{
	const struct plan_map *flat = holder(plan, map->name, false), *taken = flat;
	int err = 0;

	if (map->hook == HOOK_TC_EGRESS) {
		map->egress = !strcmp(map->name, DIRECTORY_TC_STATS) ||
		              (flat && flat->info.id != map->info.id);
		if (!map->egress)
			err = find_joining(in, flat, map);
		if (map->egress)
			taken = holder(plan, map->name, true);
	}
	map->beside = taken && taken->info.id != map->info.id && taken->hook != map->hook;
	if (taken && taken->info.id != map->info.id)
		refuse(map, "its name belongs to map %u of program %s (id %u) on %s",
		       taken->info.id, taken->prog_name, taken->prog_id, hook_name(taken->hook));
	return err;
}

/* The name under which the replaced map is to stay must be free, or that map's already. */
static int check_old_name(const struct plan_input *in, struct plan_map *map, const char *file)
{
	char old[NAME_SIZE];
	__u32 id;
	int err;

	mapname_old(file, map->old_id, old, sizeof(old));
	err = find_present(in, old, map->egress, &id);
	if (check_seen(in, old, err))
		return err;
	if (err != -ENOENT && (err || id != map->old_id))
		refuse(map, "map %u could not stay as %.200s, which is taken by something else",
		       map->old_id, old);
	return 0;
}

/* A filter that comes before the others takes no name from one whose map has it. */
static bool keeps_name(const struct plan_input *in, struct plan_map *map, __u32 present)
{
	const struct live_prog *user =
		in->keep_names ? live_user(in->live, map->hook, present) : NULL;

	if (user)
		refuse(map, "its name belongs to map %u of program %s (id %u) on %s, pinned before",
		       present, user->name, user->id, hook_name(map->hook));
	return user != NULL;
}

/*
 * The place is a symlink still, and what ran there before shared the flat map, by the record: so
 * that map gave way here, and if it does so there, stays for this place as well.
 */
static int find_parted(const struct plan *plan, const struct plan_input *in, struct plan_map *map,
                       const char *file)
{
	const struct plan_map *flat = holder(plan, map->name, false);
	__u32 id;
	int err;

	if (!in->keep_names || !map->egress || !strcmp(map->name, DIRECTORY_TC_STATS))
		return 0;
	err = find_present(in, file, false, &id);
	if (err)
		return check_seen(in, file, err);
	if (id == map->info.id || !in->dir->has_record ||
	    !record_has_map(&in->dir->record, HOOK_TC_EGRESS, id))
		return 0;
	map->parted = true;
	map->old_id = id;
	if (!flat || flat->state != PLAN_REPLACED || flat->old_id != id)
		return 0;
	map->state = PLAN_REPLACED;
	return check_old_name(in, map, file);
}

/* What is in its place now decides between pinned, kept and replaced. Reports its failures. */
static int look_in_place(const struct plan *plan, const struct plan_input *in, struct plan_map *map)
{
	char file[NAME_SIZE], old[NAME_SIZE];
	__u32 id;
	int err;

	/* The name of what a later replacement leaves must fit as well. */
	if (mapname_encode(map->name, file, sizeof(file)) ||
	    mapname_old(file, (__u32)-1, old, sizeof(old))) {
		refuse(map, "its name is too long for a file name");
		return 0;
	}
	snprintf(map->path, sizeof(map->path), "%.3500s/%s%s", in->dir->path,
	         map->egress ? DIRECTORY_EGRESS "/" : "", file);
	if (in->pinned && !map->egress && view_has_flat(in->pinned, map->name, map->info.id)) {
		map->state = PLAN_KEPT;
		return 0;
	}
	err = find_present(in, file, map->egress, &id);
	if (check_seen(in, file, err))
		return err;
	if (err == -ENOENT) {
		map->state = PLAN_PINNED;
		return find_parted(plan, in, map, file);
	} else if (err) {
		refuse(map, "%.200s is taken by something that is no map", map->path);
	} else if (id == map->info.id) {
		map->state = PLAN_KEPT;
	} else if (!keeps_name(in, map, id)) {
		map->state = PLAN_REPLACED;
		map->old_id = id;
		return check_old_name(in, map, file);
	}
	return 0;
}

/* Others' pins of the same map, and what follows from them. */
static void look_at_owners(const struct plan_input *in, struct plan_map *map)
{
	const char *path = owners_path(in->owners, OWNER_OTHER, PIN_MAP, map->info.id);

	if (path && map->state != PLAN_KEPT && !in->foreign) {
		map->state = PLAN_FOREIGN;
		map->old_id = 0;
		map->parted = false;
		snprintf(map->path, sizeof(map->path), "%s", path);
		return;
	}
	path = owners_path(in->owners, OWNER_INTERFACE, PIN_MAP, map->info.id);
	if (path)
		snprintf(map->shared, sizeof(map->shared), "%s", path);
}

static int find_name(const struct plan_input *in, const struct view *pinned,
                     const struct live_map *live, char name[NAME_SIZE], const char **why)
{
	const struct live_prog *prog = &in->live->progs[live->prog];
	int err;

	if (*live->name) {
		strcpy(name, live->name);
		return 0;
	}
	if (mapname_pinned(pinned, &live->info, name))
		return 0;
	err = mapname_find(prog, &live->info, name, why);
	return err && in->nameless ? nameless_find(in->nameless, prog->id, live->info.id, name, why)
	                           : err;
}

/* What the kernel was not told of a map, the object may tell; and whether it agrees to its name. */
static void ask_object(const struct plan_input *in, struct plan_map *map)
{
	char other[NAME_SIZE];
	int err;

	if (!in->nameless || map->state == PLAN_REFUSED)
		return;
	err = nameless_define(in->nameless, map->prog_id, map->info.id, map->name, &map->definition,
	                      other);
	if (err == -EEXIST && !*map->info.name)
		strcpy(map->otherwise, other);
}

/* Decide on one live map and add it to the plan. */
static int plan_one(struct plan *plan, const struct plan_input *in, const struct view *pinned,
                    const struct live_map *live)
{
	const struct live_prog *prog = &in->live->progs[live->prog];
	struct plan_map *maps, *map;
	const char *why;
	int err = 0;

	/* A map that its loader names is none: internal ones are not handed over. */
	if (!*live->name && mapname_is_internal(&live->info)) {
		plan->internal++;
		return 0;
	}
	maps = reallocarray(plan->maps, plan->len + 1, sizeof(*maps));
	if (!maps)
		return failed(-ENOMEM, "cannot list the maps of %s", in->iface->name);
	plan->maps = maps;
	map = &maps[plan->len];
	memset(map, 0, sizeof(*map));
	map->hook = live->hook;
	map->info = live->info;
	map->prog_id = prog->id;
	memcpy(map->prog_name, prog->name, sizeof(map->prog_name));
	if (find_name(in, pinned, live, map->name, &why)) {
		*map->name = '\0';
		refuse(map, "%s", why);
	} else {
		err = choose_place(plan, in, map);
	}
	if (!err && map->state != PLAN_REFUSED)
		err = look_in_place(plan, in, map);
	if (map->state != PLAN_REFUSED)
		look_at_owners(in, map);
	ask_object(in, map);
	if (map->state == PLAN_REFUSED)
		plan->refused++;
	plan->len++;
	return err;
}

int plan_make(struct plan *plan, const struct plan_input *in)
{
	struct view pinned = {};
	bool nameless = false;
	int err = 0;

	memset(plan, 0, sizeof(*plan));
	for (size_t i = 0; i < in->live->maps_len; i++)
		nameless |= !*in->live->maps[i].name;
	if (nameless && directory_has_pins(in->dir))
		err = view_list(&pinned, in->dir);
	for (size_t i = 0; !err && i < in->live->maps_len; i++)
		err = plan_one(plan, in, &pinned, &in->live->maps[i]);
	view_close(&pinned);
	if (err)
		plan_free(plan);
	return err;
}

void plan_free(struct plan *plan)
{
	free(plan->maps);
	memset(plan, 0, sizeof(*plan));
}

bool plan_publishes(const struct plan_map *map)
{
	return map->state < PLAN_FOREIGN;
}

bool plan_is_first(const struct plan *plan, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (plan_publishes(&plan->maps[j]) &&
		    plan->maps[j].info.id == plan->maps[i].info.id &&
		    plan->maps[j].egress == plan->maps[i].egress)
			return false;
	return true;
}

void plan_record(const struct plan *plan, const struct plan_input *in, struct record *rec)
{
	const struct record *before = &in->dir->record;

	record_init(rec, in->iface);
	if (in->dir->has_record) {
		rec->group = before->group;
		memcpy(rec->other, before->other, sizeof(rec->other));
		/* gc's note of when the interface was gone: it is here. */
		record_unset_other(rec, "gone");
	}
	/* What is attached by itself comes first: there may not be room for all. */
	for (int behind = 0; behind < 2; behind++)
		for (size_t i = 0; i < in->live->progs_len; i++)
			if ((in->live->progs[i].via_map || in->live->progs[i].via_link) == behind)
				record_add_prog(rec, in->live->progs[i].hook,
				                in->live->progs[i].id);
	for (size_t i = 0; i < plan->len; i++)
		if (plan_publishes(&plan->maps[i]))
			record_add_map(rec, plan->maps[i].hook, plan->maps[i].info.id);
}

int plan_stage(const struct plan *plan, const struct live *live, struct stage *stage)
{
	int err = 0;

	for (size_t i = 0; !err && i < plan->len; i++) {
		const struct plan_map *map = &plan->maps[i];

		if (map->state != PLAN_PINNED && map->state != PLAN_REPLACED)
			continue;
		/* A map that two hooks share stands in the plan twice. */
		if (holder(plan, map->name, map->egress) == map)
			err = stage_add_map(stage, map->name, map->egress, 0,
			                    live_map_fd(live, map->info.id));
	}
	return err;
}
