// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "bpffs/name.h"
#include "bpffs/pin.h"
#include "bpffs/progs.h"
#include "pinning/gc_uses.h"
#include "pinning/load_drops.h"
#include "pinning/ownership.h"

bool load_prog_stays(const struct load_drops *d, __u32 prog_id)
{
	if (live_has_prog(d->live, d->hook, prog_id))
		return true;
	for (size_t i = 0; i < d->attached->len; i++) {
		const struct attachment *at = &d->attached->list[i];

		if (at != d->old && at->hook == d->hook && at->prog_id == prog_id)
			return true;
	}
	return false;
}

static int drop_prog(const struct load_drops *d, struct stage *stage, int fd, const char *file)
{
	char path[NAME_SIZE * 3];
	int err = 0;
	__u32 id;

	snprintf(path, sizeof(path), "%s/%s/%s", DIRECTORY_PROGS, hook_name(d->hook), file);
	if (*d->old_file && !strcmp(file, d->old_file))
		id = d->old->prog_id;
	else
		err = pin_prog_id(fd, file, &id);
	if (err)
		return failed(err, "cannot look at %s in %s", path, d->dir->path);
	return id && !load_prog_stays(d, id) ? stage_add_drop(stage, path) : 0;
}

static int drop_progs(const struct load_drops *d, struct stage *stage)
{
	char below[NAME_SIZE];
	struct listing progs;
	int fd, err = 0;

	fd = progs_open(d->dir, d->hook, below, &progs);
	if (fd < 0)
		return fd == -ENOENT ? 0 : failed(fd, "cannot list %s in %s", below, d->dir->path);
	/* The one that comes takes the place of a file of its name. */
	for (size_t i = 0; !err && i < progs.len; i++)
		if (progs.list[i].name[0] != '.' && strcmp(progs.list[i].name, d->prog) != 0)
			err = drop_prog(d, stage, fd, progs.list[i].name);
	listing_free(&progs);
	close(fd);
	return err;
}

/* Its pin is all that holds a link: that of a program which stays is not touched. */
static int drop_link(const struct load_drops *d, struct stage *stage)
{
	char path[NAME_SIZE];

	if (d->link)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", DIRECTORY_LINKS, hook_name(d->hook));
	if (!ownership_has_link(d->dir, d->hook, d->unseen) ||
	    ownership_linked_besides(d->dir, d->attached, d->old, d->hook, d->unseen))
		return 0;
	return stage_add_drop(stage, path);
}

static bool is_replaced_array(const struct load_drops *d, const struct plan_map *map)
{
	return map->state == PLAN_REPLACED && map->old_id && map->prog_id == d->prog_id &&
	       map->hook == d->hook && map->info.type == BPF_MAP_TYPE_PROG_ARRAY;
}

/* Kept, it would hold its programs, and a new one would come at each load. uses: but for those that
 * a program has; or NULL. */
static int drop_arrays(const struct load_drops *d, struct stage *stage, const struct gc_uses *uses)
{
	char path[MAP_PATH_SIZE];
	int err = 0;

	for (size_t i = 0; !err && i < d->plan->len; i++) {
		struct plan_map *map = &d->plan->maps[i];

		if (!is_replaced_array(d, map))
			continue;
		if (uses && gc_uses_find(uses, map->old_id))
			continue;
		if (map_path(map->name, map->egress, map->old_id, path, sizeof(path)))
			continue;
		err = stage ? stage_add_drop(stage, path) : 0;
		map->old_id = 0;
	}
	return err;
}

int load_stage_drops(const struct load_drops *d, struct stage *stage)
{
	int err = stage ? drop_progs(d, stage) : 0;

	if (!err && stage)
		err = drop_link(d, stage);
	if (!err)
		err = drop_arrays(d, stage, NULL);
	return err;
}

int load_stage_unused(const struct load_drops *d, struct stage *stage)
{
	struct gc_uses uses = {};
	bool any = false;
	int err = 0;

	for (size_t i = 0; i < d->plan->len; i++)
		any |= is_replaced_array(d, &d->plan->maps[i]);
	/* Without CAP_SYS_ADMIN nobody can tell: gc does it. */
	if (any && !gc_uses_scan(&uses))
		err = drop_arrays(d, stage, &uses);
	gc_uses_free(&uses);
	return err;
}
