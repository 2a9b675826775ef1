// SPDX-License-Identifier: GPL-2.0-or-later
/* Maps of programs that are adopted at once with one of another hook, which has their names. */
#include <string.h>
#include "bpffs/view.h"
#include "pinning/adopt_internal.h"

static const struct view_map *find_pin(const struct view *pinned, __u32 map_id)
{
	for (size_t i = 0; i < pinned->len; i++)
		if (pinned->maps[i].info.id == map_id)
			return &pinned->maps[i];
	return NULL;
}

/* What others keep is theirs; an array of programs is always made anew. */
static bool is_to_be_kept(const struct adoption *a, const struct plan_map *map)
{
	return map->beside && map->info.type != BPF_MAP_TYPE_PROG_ARRAY &&
	       (a->options->foreign ||
	        !owners_path(&a->owners, OWNER_OTHER, PIN_MAP, map->info.id));
}

int adopt_keep_beside(struct adoption *a, struct stage *stage)
{
	struct plan *plan = &a->report->plan;
	struct view pinned = {};
	int err = directory_has_pins(&a->dir) ? view_list(&pinned, &a->dir) : 0;

	for (size_t i = 0; !err && i < plan->len; i++) {
		struct plan_map *map = &plan->maps[i];

		const struct view_map *pin = find_pin(&pinned, map->info.id);

		map->beside = is_to_be_kept(a, map) && (!pin || pin->old_id);
		if (map->beside && stage && !pin)
			err = stage_add_map(stage, map->name, map->egress, map->info.id,
			                    live_map_fd(&a->live, map->info.id));
	}
	view_close(&pinned);
	return err;
}
