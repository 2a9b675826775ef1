// SPDX-License-Identifier: GPL-2.0-or-later
/* The maps that go with a prepared program, and those that get their names back. */
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "bpffs/pin.h"
#include "bpffs/view.h"
#include "pinning/outers.h"
#include "pinning/unload_pins.h"
#include "pinning/unload_prepared_internal.h"

static bool prepared_uses(const struct taking *t, const struct prepared *one, __u32 map_id)
{
	for (__u32 i = 0; i < one->maps_len; i++)
		if (one->maps[i] == map_id)
			return true;
	return outers_find(&t->others.uses.outers, one->maps, one->maps_len, map_id);
}

/* A prepared program uses it that goes, or one that does not. */
static bool listed_uses(const struct taking *t, __u32 map_id, bool goes)
{
	for (size_t i = 0; i < t->len; i++)
		if (t->list[i].goes == goes && prepared_uses(t, &t->list[i], map_id))
			return true;
	return false;
}

/* What is on the interface, or stays prepared for it, uses it. */
static bool is_used_here(const struct taking *t, __u32 map_id)
{
	return listed_uses(t, map_id, false) || outer_live_uses(&t->live, map_id);
}

/* A program that stays uses the map, as far as can be told; of one that is not here, it is said. */
static bool is_used(struct taking *t, const struct view_map *pin)
{
	char who[ELSEWHERE_WHO_SIZE];

	if (is_used_here(t, pin->info.id))
		return true;
	if (!elsewhere_uses(&t->others, pin->info.id, who))
		return false;
	note("map '%s' (id %u) stays: %s goes on with it", pin->name, pin->info.id, who);
	return true;
}

static bool is_named(const struct unload_options *o, __u32 map_id)
{
	for (size_t i = 0; i < o->maps_len; i++)
		if (o->maps[i] == map_id)
			return true;
	return false;
}

/* The map that this one took the name from, and that what stays still has; or NULL. */
static const struct view_map *find_heir(const struct taking *t, const struct view *view,
                                        const struct view_map *pin)
{
	for (size_t i = 0; i < view->len; i++) {
		const struct view_map *old = &view->maps[i];

		if (old->old_id == old->info.id && old->egress == pin->egress &&
		    !strcmp(old->name, pin->name) && is_used_here(t, old->info.id))
			return old;
	}
	return NULL;
}

/*
 * Each load makes its program arrays anew: one that had to give way to another load's is nothing to
 * keep without its program, and what has the name of an array that runs is in its way.
 */
static bool is_array_of_going(const struct taking *t, const struct view_map *pin,
                              const struct view_map *heir)
{
	return pin->info.type == BPF_MAP_TYPE_PROG_ARRAY && !t->blind && (pin->old_id || heir) &&
	       !directory_carries(&t->u.dir, pin->info.id) && listed_uses(t, pin->info.id, true);
}

static int give_back(struct taking *t, struct stage *stage, struct record *rec,
                     const struct view_map *pin, const struct view_map *heir)
{
	struct view_map old = *pin;
	char path[MAP_PATH_SIZE];
	int fd, err;

	view_map_path(heir, path, sizeof(path));
	fd = pin_open(t->u.dir.fd, path, 0);
	if (fd < 0)
		return failed(fd, "cannot open %s in %s", path, t->u.dir.path);
	err = stage_add_map(stage, heir->name, heir->egress, 0, fd);
	close(fd);
	if (!err)
		err = unload_drop_pin(stage, &t->u.dir, heir);
	for (int hook = 0; hook < HOOKS; hook++)
		if (live_user(&t->live, hook, heir->info.id))
			record_add_map(rec, hook, heir->info.id);
	/* The exchange leaves that which gives way a name. */
	old.old_id = pin->info.id;
	return err ? err : unload_drop_pin(stage, &t->u.dir, &old);
}

static int drop(struct taking *t, struct stage *stage, struct record *rec,
                const struct view_map *pin, const struct view_map *heir)
{
	for (int hook = 0; hook < HOOKS; hook++)
		record_remove_map(rec, hook, pin->info.id);
	return heir ? give_back(t, stage, rec, pin, heir) : unload_drop_pin(stage, &t->u.dir, pin);
}

int prepared_drop_maps(struct taking *t, struct stage *stage, struct record *rec)
{
	struct view view = {};
	int err;

	if (!t->u.options->maps_len && !t->u.report->len)
		return 0;
	err = view_list(&view, &t->u.dir);
	for (size_t i = 0; !err && i < view.len; i++) {
		const struct view_map *pin = &view.maps[i];
		const struct view_map *heir = pin->old_id ? NULL : find_heir(t, &view, pin);
		bool named = !pin->old_id && is_named(t->u.options, pin->info.id);

		if ((!named && !is_array_of_going(t, pin, heir)) || is_used(t, pin))
			continue;
		if (t->u.report->len)
			t->u.report->list[0].purged++;
		if (stage)
			err = drop(t, stage, rec, pin, heir);
	}
	view_close(&view);
	return err;
}
