// SPDX-License-Identifier: GPL-2.0-or-later
/* What goes with a program of others that is replaced: the maps that nothing but it holds. */
#include <stdio.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/load_internal.h"
#include "pinning/mapname.h"

/* So many are named. */
#define NAMED 4

static bool is_pinned(const struct owners *owners, enum pin_kind kind, __u32 id)
{
	for (int owner = OWNER_OTHER; owner <= OWNER_INTERFACE; owner++)
		if (owners_path(owners, owner, kind, id))
			return true;
	return false;
}

static bool is_used(const struct live *live, __u32 map_id)
{
	for (size_t i = 0; i < live->maps_len; i++)
		if (live->maps[i].info.id == map_id)
			return true;
	return false;
}

/* "flows (id 12), xdp_stats_map (id 13)". Returns how many there are. */
static unsigned int name_going(const struct live *going, const struct live *staying,
                               const struct owners *owners, char *text, size_t size)
{
	unsigned int count = 0;
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; i < going->maps_len; i++) {
		const struct live_map *map = &going->maps[i];
		char name[NAME_SIZE];
		const char *why;

		if (mapname_is_internal(&map->info) || is_used(staying, map->info.id) ||
		    is_pinned(owners, PIN_MAP, map->info.id))
			continue;
		if (mapname_find(&going->progs[map->prog], &map->info, name, &why))
			snprintf(name, sizeof(name), "%s", *map->info.name ? map->info.name : "-");
		if (count++ < NAMED && len < size)
			len += snprintf(text + len, size - len, "%s%.100s (id %u)", len ? ", " : "",
			                name, map->info.id);
	}
	if (count > NAMED && len < size)
		snprintf(text + len, size - len, " and %u more", count - NAMED);
	return count;
}

/* Where it cannot be asked, the program cannot be replaced either. */
void load_tell_goes(const struct loading *l)
{
	struct attachments only = { .list = (struct attachment *)l->old, .len = 1 }, others;
	struct live going = {}, staying = {};
	struct owners owners = {};
	char names[512];

	if (!l->old || !l->old_foreign || l->options->no_attach ||
	    attachments_without(&l->attached, l->old, &others))
		return;
	if (!live_query(&going, &only) && !live_query(&staying, &others) &&
	    !owners_scan_with_interfaces(&owners, &l->fs, "") &&
	    !is_pinned(&owners, PIN_PROG, l->old->prog_id) &&
	    name_going(&going, &staying, &owners, names, sizeof(names)))
		note("with program %u, which is not ours, %s what its maps hold, which are pinned "
		     "nowhere: %s",
		     l->old->prog_id, l->options->dry_run ? "would go" : "goes", names);
	owners_free(&owners);
	live_free(&going);
	live_free(&staying);
	attachments_free(&others);
}
