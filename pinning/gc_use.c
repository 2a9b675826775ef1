// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include "bpffs/cli.h"
#include "pinning/gc_pins.h"
#include "pinning/gc_stay.h"

/* The map and the program that uses it are pinned, called or run where a directory stays as well.
 */
static bool is_kept_by_others(struct gc *gc, __u32 prog_id, __u32 map_id)
{
	if (gc_attached_prog(&gc->attached, prog_id))
		return gc_stay_has_map(gc, map_id) && gc_stay_runs(gc, prog_id);
	return gc_stay_names(gc, prog_id, map_id) ||
	       (gc_stay_has_map(gc, map_id) && gc_stay_has_prog(gc, prog_id));
}

/* A program that uses the map, stays, and would lose it. */
static const struct gc_prog *find_user(struct gc *gc, const struct gc_ids *doomed, __u32 map_id)
{
	for (size_t i = 0; i < gc->uses.len; i++) {
		struct gc_prog *user = &gc->uses.progs[i];

		if (!gc_prog_uses(&gc->uses, user, map_id) || gc_ids_has(doomed, user->id) ||
		    is_kept_by_others(gc, user->id, map_id))
			continue;
		if (gc_attached_prog(&gc->attached, user->id) || !gc_prog_goes_away(user))
			return user;
		/* The last one takes its place. */
		gc_uses_drop(&gc->uses, user->id);
		i--;
	}
	return NULL;
}

/* A pinned program that runs, or is held otherwise, where no directory stays that has it. */
static bool prog_in_use(struct gc *gc, const struct gc_pinned_prog *prog,
                        const struct gc_ids *doomed, char why[256])
{
	bool pinned = gc_stay_has_prog(gc, prog->id);

	if (gc_ids_has(doomed, prog->id) || (pinned && (!prog->at || gc_stay_runs(gc, prog->id))))
		return false;
	if (prog->at)
		snprintf(why, 256, "its program %u runs on %s of %s", prog->id,
		         hook_name(prog->at->hook), cli_json_name(prog->at->iface.name));
	else
		snprintf(why, 256, "its program %u is held by something", prog->id);
	return true;
}

static bool map_in_use(struct gc *gc, __u32 map_id, const struct gc_ids *doomed, char why[256])
{
	const struct gc_prog *user = find_user(gc, doomed, map_id);

	if (user)
		snprintf(why, 256, "its map %u is used by program %u (%s)", map_id, user->id,
		         *user->name ? user->name : "-");
	return user;
}

bool gc_content_in_use(struct gc *gc, const struct directory *dir, const struct gc_content *content,
                       const struct gc_ids *doomed, char why[256])
{
	const char *mounted;

	if (*content->foreign) {
		snprintf(why, 256, "it holds '%.100s', which is not ours", content->foreign);
		return true;
	}
	if (content->link_id) {
		snprintf(why, 256, "its link %u holds a program on an interface", content->link_id);
		return true;
	}
	if (gc_find_attached(gc)) {
		snprintf(why, 256, "what is attached cannot be listed");
		return true;
	}
	/* What runs tells more than what is held by something. */
	for (size_t i = 0; i < content->progs_len; i++)
		if (content->progs[i].at && prog_in_use(gc, &content->progs[i], doomed, why))
			return true;
	for (size_t i = 0; i < content->maps.len; i++)
		if (map_in_use(gc, content->maps.list[i], doomed, why))
			return true;
	for (size_t i = 0; i < content->progs_len; i++)
		if (prog_in_use(gc, &content->progs[i], doomed, why))
			return true;
	if (!gc->has_mounts && gc_mounts_find(&gc->mounts, gc->fs.dev)) {
		snprintf(why, 256, "the mounts of this machine cannot be listed");
		return true;
	}
	gc->has_mounts = true;
	mounted = gc_mounts_of(&gc->mounts, dir->relative);
	if (mounted) {
		snprintf(why, 256, "it is mounted at %.200s", mounted);
		return true;
	}
	return false;
}
