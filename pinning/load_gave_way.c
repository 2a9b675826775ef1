// SPDX-License-Identifier: GPL-2.0-or-later
/* A load goes on with a list that came with another loader, and lacks what was in the one before.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "bpffs/pin.h"
#include "pinning/carry_done.h"
#include "pinning/left.h"
#include "pinning/load_internal.h"
#include "pinning/load_print.h"

/* The program's map that it gave way to, or to what this one took the place of now; or NULL. */
static const struct plan_map *find_place(const struct loading *l, const struct record *rec,
                                         const struct view_map *old)
{
	const struct plan *plan = &l->report->plan;
	__u32 to;

	if (!carry_gave_way_get(rec, old->info.id, &to))
		return NULL;
	for (size_t i = 0; i < plan->len; i++) {
		const struct plan_map *map = &plan->maps[i];

		if (load_is_own(l->report, map) && plan_publishes(map) &&
		    !strcmp(map->name, old->name) && old->info.id != map->old_id &&
		    (map->info.id == to || map->old_id == to) &&
		    mismatch_of(&l->options->mismatch, map->name) != MISMATCH_FRESH)
			return map;
	}
	return NULL;
}

/* What the other hooks have is said, with what joins them, when the maps are looked for. */
static bool is_of_others(const struct plan_map *map, const struct view_map *old)
{
	return map->egress && !old->egress && !old->old_id;
}

static bool tell(const struct loading *l, const struct plan_map *map, const struct view_map *old)
{
	char path[MAP_PATH_SIZE];
	struct bpf_map_info info;
	bool lacks;
	int fd;

	view_map_path(old, path, sizeof(path));
	fd = pin_open_map(l->dir.fd, path, BPF_F_RDONLY, &info);
	if (fd < 0)
		return false;
	lacks = info.id == old->info.id &&
	        left_content(fd, live_map_fd(&l->live, map->info.id), map->name) == LEFT_ENTRIES;
	close(fd);
	if (lacks)
		note("map '%s': rules or settings of what ran before are out of force on %s: those "
		     "in map %u, which another loader's took the place of, pinned as %s/%s",
		     map->name, hook_name(map->hook), old->info.id, l->dir.path, path);
	return lacks;
}

void load_tell_gave_way(const struct loading *l)
{
	const struct record *rec = l->options->dry_run ? &l->dir.record : &l->rec;
	const struct plan_map *map;
	struct view pinned = {};
	char text[RECORD_OTHER];
	bool told = false;

	if (!l->dir.has_record || record_get_other(rec, RECORD_GAVE_WAY, text, sizeof(text)) ||
	    view_list(&pinned, &l->dir))
		return;
	for (size_t i = 0; i < pinned.len; i++) {
		map = find_place(l, rec, &pinned.maps[i]);
		if (map && !is_of_others(map, &pinned.maps[i]))
			told |= tell(l, map, &pinned.maps[i]);
	}
	view_close(&pinned);
	if (told)
		hint("bring them over: %s --carry %s", cli_command("pin_maps"),
		     cli_interface(l->iface->name));
}
