// SPDX-License-Identifier: GPL-2.0-or-later
/* What the programs that stay left in a map that goes. */
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "pinning/migrate.h"
#include "pinning/outers.h"
#include "pinning/reuse_lacks.h"
#include "pinning/unload_pins.h"

/* The map of that name with which programs that stay go on; or NULL. */
static const struct view_map *find_taken(const struct purging *p, const struct view *view,
                                         const struct view_map *pin)
{
	for (size_t i = 0; i < view->len; i++) {
		const struct view_map *map = &view->maps[i];

		if (!map->old_id && !map->egress && map->info.id != pin->info.id &&
		    !strcmp(map->name, pin->name) && outer_live_uses(p->staying, map->info.id))
			return map;
	}
	return NULL;
}

/* Statistics of the egress hook are its own, and what holds no state loses none. */
static bool may_be_of_others(const struct view_map *pin)
{
	return !(pin->egress && !strcmp(pin->name, DIRECTORY_TC_STATS)) &&
	       pin->info.type != BPF_MAP_TYPE_PROG_ARRAY && !migrate_is_stream(pin->info.type);
}

int unload_tell_dropped(const struct purging *p, const struct view *view,
                        const struct view_map *pin)
{
	const struct view_map *taken = p->going ? find_taken(p, view, pin) : NULL;
	enum migrate_class class = migrate_class_of(NULL, pin->name, pin->info.type);
	char where[MAP_PATH_SIZE];
	__u64 lacking;
	int err;

	if (!taken || !may_be_of_others(pin))
		return 0;
	/* Of a list, what is in the other one as well is not lost. */
	err = reuse_count_lacking(pin->fd, class == MIGRATE_COUNTER ? -1 : taken->fd, class,
	                          &lacking);
	if (err || !lacking)
		return err;
	view_map_path(pin, where, sizeof(where));
	note("map '%s': %s, map %u, %s with %llu entr%s that %s not in map %u, with which the "
	     "other hooks of %s go on, and which they may have left there",
	     pin->name, where, pin->info.id, p->stage ? "goes" : "would go",
	     (unsigned long long)lacking, lacking == 1 ? "y" : "ies", lacking == 1 ? "is" : "are",
	     taken->info.id, p->iface->name);
	if (!p->stage && p->going->maps_len)
		hint("first have what is in both in one map: %s --on-mismatch %s=migrate --hook %s "
		     "%s OBJECT",
		     cli_command("load"), cli_word(pin->name), hook_name(p->going->maps[0].hook),
		     cli_interface(p->iface->name));
	return 0;
}
