// SPDX-License-Identifier: GPL-2.0-or-later
/* An object that is loaded already, for another interface. */
#include <errno.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/object_maps.h"
#include "pinning/reuse_internal.h"
#include "pinning/reuse_join.h"

static int check_shared(const struct object *object, const struct bpf_map *map,
                        const struct directory *dir, const struct reuse_options *how)
{
	const char *name = object_map_name(object, map);
	struct bpf_map_info pinned, ours;
	bool anew;
	int fd, err;

	err = map_describe(bpf_map__fd(map), &ours);
	if (err)
		return err;
	if (object->hook != HOOK_TC_EGRESS && how->pinned &&
	    view_has_flat(how->pinned, name, ours.id))
		return 0;
	fd = reuse_open_pin(dir, object->hook, name, &pinned);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return reuse_refuse_pin(dir, object->hook, name, fd);
	anew = reuse_is_made_anew(fd, &pinned, name);
	close(fd);
	if (ours.id == pinned.id || mismatch_of(how->mismatch, name) == MISMATCH_FRESH)
		return 0;
	/* What each load makes anew is replaced; but not by what leads into the row of others. */
	if (anew && ours.type == pinned.type && !reuse_is_link(bpf_map__fd(map), &ours, name))
		return 0;
	/* So is what holds no state: see load_share(). */
	if (migrate_is_stream(pinned.type) && mismatch_of(how->mismatch, name) == MISMATCH_MIGRATE)
		return 0;
	if (carry_brings(how->carry, map, pinned.id))
		return 0;
	rejected(-EEXIST, "cannot share map '%s' in %s, where another one (id %u) is pinned", name,
	         dir->path, pinned.id);
	hint("put the shared one in its place, it stays beside it: --on-mismatch %s=fresh",
	     cli_word(name));
	return -EEXIST;
}

int reuse_check_shared(const struct object *object, const struct directory *dir,
                       const struct reuse_options *how)
{
	struct bpf_map *map;
	int err = 0;

	if (!directory_has_pins(dir))
		return 0;
	bpf_object__for_each_map(map, object->obj) {
		if (!err && object_map_counts(map))
			err = check_shared(object, map, dir, how);
	}
	return err;
}
