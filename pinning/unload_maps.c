// SPDX-License-Identifier: GPL-2.0-or-later
/* Which maps go with a program, and who takes their names. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/kept.h"
#include "bpffs/log.h"
#include "pinning/outers.h"
#include "pinning/unload_pins.h"

static int look_elsewhere(struct purging *p)
{
	int err = p->has_others ? 0 : elsewhere_look(&p->others, p->iface);

	p->has_others = true;
	return err && err != -EPERM
	               ? failed(err, "cannot tell who else uses the maps of %s", p->iface->name)
	               : 0;
}

static int look_for_owners(struct purging *p)
{
	int err = p->has_owners ? 0
	                        : owners_scan_with_interfaces(&p->owners, p->fs, p->dir->relative);

	p->has_owners = true;
	return err ? failed(err, "cannot look for pins in %s", p->fs->path) : 0;
}

static bool is_pinned_elsewhere(const struct purging *p, __u32 map_id)
{
	return owners_path(&p->owners, OWNER_INTERFACE, PIN_MAP, map_id) ||
	       owners_path(&p->owners, OWNER_IPROUTE2, PIN_MAP, map_id) ||
	       owners_path(&p->owners, OWNER_OTHER, PIN_MAP, map_id);
}

/* Another interface's program, say, goes on with the map, of which this is the only pin: 1 or 0. */
static int is_needed_elsewhere(struct purging *p, const struct view_map *pin)
{
	char who[ELSEWHERE_WHO_SIZE];
	int err = look_elsewhere(p);

	if (err || !elsewhere_uses(&p->others, pin->info.id, who))
		return err;
	err = look_for_owners(p);
	if (err || is_pinned_elsewhere(p, pin->info.id))
		return err;
	note("map '%s' (id %u) stays: %s goes on with it", pin->name, pin->info.id, who);
	return 1;
}

/* The pin that has the name now which this one has, or had. */
static const struct view_map *find_present(const struct view *view, const struct view_map *pin)
{
	for (size_t i = 0; i < view->len; i++) {
		const struct view_map *map = &view->maps[i];

		if (!map->old_id && map->egress == pin->egress && !strcmp(map->name, pin->name))
			return map;
	}
	return NULL;
}

/* A map of the program that goes, also by a name that it had to leave; or what such a one replaced.
 */
static bool is_of_going(const struct purging *p, const struct view *view,
                        const struct view_map *pin)
{
	const struct view_map *present = find_present(view, pin);

	return outer_live_uses(p->going, pin->info.id) ||
	       (present && outer_live_uses(p->going, present->info.id) &&
	        !outer_live_uses(p->staying, present->info.id));
}

/* What others pinned among our maps is theirs. */
static bool is_foreign(const struct directory *dir, const struct view_map *pin)
{
	if (pin->old_id || kept_is_ours(&dir->record, pin->info.id))
		return false;
	note("map %u at %s/%s%s is not ours, and is left alone", pin->info.id, dir->path,
	     pin->egress ? DIRECTORY_EGRESS "/" : "", pin->name);
	return true;
}

/* 1, 0, or a negative errno. */
static int goes(struct purging *p, const struct view *view, const struct view_map *pin)
{
	int needed;

	if (outer_live_uses(p->staying, pin->info.id) ||
	    (p->going ? !is_of_going(p, view, pin) : is_foreign(p->dir, pin)))
		return 0;
	needed = is_needed_elsewhere(p, pin);
	return needed < 0 ? needed : !needed;
}

/* What was not brought over from an old map goes with it, and so does the note of that. */
static int drop_carry(struct purging *p, const struct view_map *pin)
{
	char path[NAME_SIZE];
	int err = 0;

	if (!pin->old_id || !directory_carries(p->dir, pin->info.id))
		return 0;
	note("map '%s': what was not brought over yet from map %u %s dropped with it", pin->name,
	     pin->info.id, p->stage ? "is" : "would be");
	for (int base = 0; p->stage && !err && base < 2; base++) {
		snprintf(path, sizeof(path), "%s/%u%s", DIRECTORY_CARRY, pin->info.id,
		         base ? DIRECTORY_BASE : "");
		err = stage_add_drop(p->stage, path);
	}
	return err;
}

/* A map of a program that stays, which had to leave its name to this one; or NULL. */
static struct plan_map *find_heir(const struct purging *p, const struct view_map *pin)
{
	for (size_t i = 0; !pin->old_id && i < p->plan->len; i++) {
		struct plan_map *map = &p->plan->maps[i];

		if (map->state == PLAN_REPLACED && map->old_id == pin->info.id &&
		    map->egress == pin->egress && !strcmp(map->name, pin->name))
			return map;
	}
	return NULL;
}

/* It was pinned under the name before: another map took that. */
static bool had_name(const struct view *view, const struct plan_map *heir)
{
	for (size_t i = 0; i < view->len; i++)
		if (view->maps[i].old_id == heir->info.id && view->maps[i].egress == heir->egress &&
		    !strcmp(view->maps[i].name, heir->name))
			return true;
	return false;
}

/* Tools find what is in force there, and so does the next program. */
static int hand_over(struct purging *p, const struct view *view, const struct view_map *pin,
                     struct plan_map *heir)
{
	const char *verb = p->stage ? "has" : "would have";
	struct view_map old = *pin;
	int err;

	heir->state = PLAN_PINNED;
	note("map '%s': map %u, with which program %s (id %u) on %s goes on, %s the name %s",
	     pin->name, heir->info.id, heir->prog_name, heir->prog_id, hook_name(heir->hook), verb,
	     had_name(view, heir) ? "again" : "from here on");
	if (!p->stage)
		return 0;
	err = stage_add_map(p->stage, heir->name, heir->egress, 0,
	                    live_map_fd(p->live, heir->info.id));
	/* The exchange leaves that which gives way a name. */
	old.old_id = pin->info.id;
	return err ? err : unload_drop_pin(p->stage, p->dir, &old);
}

static int drop(struct purging *p, const struct view *view, const struct view_map *pin)
{
	struct plan_map *heir = find_heir(p, pin);
	int err = heir ? 0 : unload_tell_dropped(p, view, pin);

	p->count++;
	if (err)
		return err;
	if (heir)
		err = hand_over(p, view, pin, heir);
	else if (p->stage)
		err = unload_drop_pin(p->stage, p->dir, pin);
	return err ? err : drop_carry(p, pin);
}

int unload_drop_maps(struct purging *p)
{
	struct view view;
	int err, ret;

	p->count = 0;
	err = view_open(&view, p->dir, NULL, 0, BPF_F_RDONLY);
	if (err)
		return err;
	for (size_t i = 0; !err && i < view.len; i++) {
		ret = goes(p, &view, &view.maps[i]);
		err = ret > 0 ? drop(p, &view, &view.maps[i]) : ret;
	}
	view_close(&view);
	return err;
}

void unload_purge_free(struct purging *p)
{
	elsewhere_free(&p->others);
	owners_free(&p->owners);
}
