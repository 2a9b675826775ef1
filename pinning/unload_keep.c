// SPDX-License-Identifier: GPL-2.0-or-later
/* Maps of a program that goes, of which another map has the name. */
#include <errno.h>
#include "bpffs/cli.h"
#include "bpffs/live.h"
#include "bpffs/log.h"
#include "bpffs/recall.h"
#include "bpffs/view.h"
#include "pinning/carry_done.h"
#include "pinning/outers.h"
#include "pinning/unload_internal.h"

static const struct view_map *find_pin(const struct view *pinned, __u32 map_id)
{
	for (size_t i = 0; i < pinned->len; i++)
		if (pinned->maps[i].info.id == map_id)
			return &pinned->maps[i];
	return NULL;
}

static void tell(const struct unloading *u, const struct stage *stage, const struct plan_map *map)
{
	note("map '%s': what program %s (id %u) has in map %u %s in %%old-%u: map %u has the name",
	     map->name, map->prog_name, map->prog_id, map->info.id, stage ? "stays" : "would stay",
	     map->info.id, map->old_id);
	if (carry_done_into(&u->dir.record, map->info.id, map->old_id))
		hint("it came over before: put into map %u what was added since, and is needed",
		     map->old_id);
	else
		hint("the next load with --on-mismatch migrate brings it over; or, while a program "
		     "that uses map %u is on: %s --carry %s",
		     map->old_id, cli_command("pin_maps"), cli_word(u->iface->name));
}

/* Who stays brings it over, or has it pinned. */
static bool is_others(const struct unloading *u, const struct plan_map *map,
                      const struct view_map *pin)
{
	return map->state != PLAN_REPLACED || map->info.type == BPF_MAP_TYPE_PROG_ARRAY ||
	       *map->shared || (pin && !pin->old_id) || outer_live_uses(&u->live, map->info.id);
}

/* What has no room is not gone on with by itself: the way is said in any case. */
static void note_left(struct unloading *u, __u32 map_id)
{
	if (idlist_add(u->left, map_id, '.'))
		detail("there is no room to note that map %u is left", map_id);
}

static int keep(struct unloading *u, struct stage *stage, const struct live *going,
                const struct plan *plan, const struct view *pinned)
{
	int err = 0;

	for (size_t i = 0; !err && i < plan->len; i++) {
		const struct plan_map *map = &plan->maps[i];
		const struct view_map *pin = find_pin(pinned, map->info.id);

		if (is_others(u, map, pin))
			continue;
		/* With the program it would be gone for good. */
		if (stage && !pin)
			err = stage_add_map(stage, map->name, map->egress, map->info.id,
			                    live_map_fd(going, map->info.id));
		if (err)
			break;
		note_left(u, map->info.id);
		tell(u, stage, map);
	}
	return err;
}

int unload_keep(struct unloading *u, struct stage *stage, const struct unloaded *one)
{
	struct attachment at = one->at;
	const struct attachments only = { .list = &at, .len = 1 };
	struct view pinned = {};
	struct recalled lacks;
	struct live going = {};
	struct plan plan = {};
	const struct plan_input in = {
		.iface = u->iface, .dir = &u->dir, .live = &going, .owners = &u->owners
	};
	int err;

	*u->left = '\0';
	/* Another filter of it stays. */
	if (!one->ours || attachments_has(&u->attached, at.hook, at.prog_id))
		return 0;
	err = live_query(&going, &only);
	if (err == -EPERM)
		err = live_recall(&going, &lacks, &only, &u->attached, &u->dir);
	else if (err)
		failed(err, "cannot open the maps of program %u", at.prog_id);
	if (!err)
		err = plan_make(&plan, &in);
	if (!err)
		err = view_list(&pinned, &u->dir);
	if (!err)
		err = keep(u, stage, &going, &plan, &pinned);
	view_close(&pinned);
	plan_free(&plan);
	live_free(&going);
	return err;
}
