// SPDX-License-Identifier: GPL-2.0-or-later
/* What is in lists that gave way to other loaders' maps, and in force no more. */
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "bpffs/pin.h"
#include "bpffs/view.h"
#include "pinning/adopt_internal.h"
#include "pinning/carry_done.h"
#include "pinning/left.h"

static int open_pinned(const struct adoption *a, const struct view *pinned, __u32 map_id)
{
	char path[MAP_PATH_SIZE];
	struct bpf_map_info info;
	int fd;

	for (size_t i = 0; i < pinned->len; i++) {
		if (pinned->maps[i].info.id != map_id)
			continue;
		view_map_path(&pinned->maps[i], path, sizeof(path));
		fd = pin_open_map(a->dir.fd, path, BPF_F_RDONLY, &info);
		if (fd >= 0 && info.id == map_id)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

/* The old map has entries of a list that this one has not. */
static bool lacks(const struct adoption *a, const struct view *pinned, const struct plan_map *map,
                  __u32 old_id)
{
	int live_fd = live_map_fd(&a->live, old_id), own_fd = -1, fd = live_fd;
	bool lacking;

	if (fd < 0)
		fd = own_fd = open_pinned(a, pinned, old_id);
	lacking = fd >= 0 &&
	          left_content(fd, live_map_fd(&a->live, map->info.id), map->name) == LEFT_ENTRIES;
	if (own_fd >= 0)
		close(own_fd);
	return lacking;
}

/* By the record it gave way in an earlier run, and nothing has come over since. */
static void look_back(const struct adoption *a, const struct view *pinned,
                      const struct view_map *old, struct plan_map *map)
{
	bool flat = !old->egress && !old->old_id;
	__u32 to;

	if (!carry_gave_way_get(&a->dir.record, old->info.id, &to) || to != map->info.id ||
	    !lacks(a, pinned, map, old->info.id))
		return;
	if (map->egress && flat && live_map_fd(&a->live, old->info.id) >= 0)
		map->apart_id = old->info.id;
	else
		map->lacks = true;
}

/* With --carry it comes over: only what no %old name tells of is to be noted. */
static bool is_asked(const struct adoption *a, const struct plan_map *map)
{
	return map->state == PLAN_REPLACED &&
	       (!a->options->carry ||
	        (!map->egress && live_user(&a->live, HOOK_TC_EGRESS, map->old_id)));
}

int adopt_find_left(struct adoption *a)
{
	struct plan *plan = &a->report->plan;
	struct view pinned = {};
	int err = directory_has_pins(&a->dir) ? view_list(&pinned, &a->dir) : 0;

	for (size_t i = 0; !err && i < plan->len; i++) {
		struct plan_map *map = &plan->maps[i];
		bool parted = map->parted && map->state == PLAN_PINNED;
		__u32 beside = parted ? map->old_id : map->went_to;

		if (!plan_publishes(map) || !plan_is_first(plan, i))
			continue;
		map->lacks = is_asked(a, map) && lacks(a, &pinned, map, map->old_id);
		if (beside && live_map_fd(&a->live, beside) >= 0 && lacks(a, &pinned, map, beside))
			map->apart_id = beside;
		for (size_t n = 0; a->dir.has_record && !a->options->carry && n < pinned.len; n++)
			look_back(a, &pinned, &pinned.maps[n], map);
	}
	view_close(&pinned);
	return err;
}

void adopt_note_left(const struct adoption *a, struct record *rec)
{
	const struct plan *plan = &a->report->plan;

	for (size_t i = 0; i < plan->len; i++) {
		const struct plan_map *map = &plan->maps[i];

		if (map->state == PLAN_REPLACED)
			carry_gave_way_move(rec, map->old_id, map->info.id);
		if (map->state == PLAN_REPLACED && map->lacks)
			carry_gave_way_add(rec, map->old_id, map->info.id);
		if (map->apart_id)
			carry_gave_way_add(rec, map->apart_id, map->info.id);
	}
}
