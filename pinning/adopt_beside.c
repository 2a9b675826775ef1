// SPDX-License-Identifier: GPL-2.0-or-later
/* Old maps that stay for a hook, where the map of another one has their name. */
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "bpffs/pin.h"
#include "bpffs/view.h"
#include "pinning/adopt_internal.h"
#include "pinning/carry_done.h"

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

/* The map that gets the flat name, or keeps it. */
static const struct plan_map *find_flat(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->len; i++) {
		const struct plan_map *map = &plan->maps[i];

		if (plan_publishes(map) && !map->egress && !strcmp(map->name, name))
			return map;
	}
	return NULL;
}

void adopt_find_went_to(struct adoption *a)
{
	struct plan *plan = &a->report->plan;

	for (size_t i = 0; a->dir.has_record && i < plan->len; i++) {
		struct plan_map *map = &plan->maps[i];
		const struct plan_map *flat;
		__u32 into;

		if (map->state != PLAN_REPLACED || !map->egress || map->parted ||
		    !carry_done_has(&a->dir.record, map->old_id))
			continue;
		flat = find_flat(plan, map->name);
		if (!flat || flat->info.id == map->info.id)
			continue;
		for (unsigned int n = 0; carry_into_get(&a->dir.record, map->old_id, n, &into); n++)
			if (flat->info.id == into ||
			    (flat->state == PLAN_REPLACED && flat->old_id == into))
				map->went_to = into;
	}
}

/* The flat map gets its %old name there; the one that the egress program had by it, or did not
 * follow to, here. */
static int keep_parted(const struct adoption *a, const struct plan_map *map, __u32 flat_id,
                       struct stage *stage)
{
	struct bpf_map_info info;
	char path[MAP_PATH_SIZE];
	int err, fd;

	err = map_path(map->name, false, 0, path, sizeof(path));
	fd = err ? err : pin_open_map(a->dir.fd, path, 0, &info);
	if (fd < 0)
		return failed(fd, "cannot open map '%s' (id %u)", map->name, flat_id);
	/* Others pinned there meanwhile. */
	if (info.id == flat_id)
		err = stage_add_map(stage, map->name, true, flat_id, fd);
	close(fd);
	return err;
}

int adopt_keep_parted(const struct adoption *a, struct stage *stage)
{
	const struct plan *plan = &a->report->plan;
	int err = 0;

	for (size_t i = 0; !err && i < plan->len; i++) {
		const struct plan_map *map = &plan->maps[i];
		const struct plan_map *flat = map->went_to ? find_flat(plan, map->name) : NULL;

		if (map->parted && map->state == PLAN_REPLACED)
			err = keep_parted(a, map, map->old_id, stage);
		else if (flat && flat->state == PLAN_REPLACED)
			err = keep_parted(a, map, map->went_to, stage);
	}
	return err;
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
