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

/*
 * The maps that go with an attachment of others, as name_going() has it. Returns how many they are,
 * or a negative errno.
 */
static int find_going(const struct loading *l, const struct attachment *at, char *text, size_t size)
{
	struct attachments only = { .list = (struct attachment *)at, .len = 1 }, others;
	struct live going = {}, staying = {};
	struct owners owners = {};
	int ret = attachments_without(&l->attached, at, &others);

	if (ret)
		return ret;
	ret = live_query(&going, &only);
	if (!ret)
		ret = live_query(&staying, &others);
	if (!ret)
		ret = owners_scan_with_interfaces(&owners, &l->fs, "");
	if (!ret && !is_pinned(&owners, PIN_PROG, at->prog_id))
		ret = name_going(&going, &staying, &owners, text, size);
	owners_free(&owners);
	live_free(&going);
	live_free(&staying);
	attachments_free(&others);
	return ret;
}

bool load_drops_maps(const struct loading *l, const struct attachment *at)
{
	char names[512];

	return find_going(l, at, names, sizeof(names)) != 0;
}

/* Where it cannot be asked, the program cannot be replaced either. */
void load_tell_goes(const struct loading *l)
{
	char names[512];

	if (l->old && l->old_foreign && !l->options->no_attach &&
	    find_going(l, l->old, names, sizeof(names)) > 0)
		note("with program %u, which is not ours, %s what its maps hold, which are pinned "
		     "nowhere: %s",
		     l->old->prog_id, l->options->dry_run ? "would go" : "goes", names);
}
