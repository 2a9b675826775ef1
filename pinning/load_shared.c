// SPDX-License-Identifier: GPL-2.0-or-later
/* Several interfaces with one set of maps: who goes on with it, and what the records say of it. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/listing.h"
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "bpffs/pin.h"
#include "pinning/carry_others.h"
#include "pinning/load_internal.h"
#include "pinning/load_shared.h"
#include "pinning/load_together.h"
#include "pinning/notes.h"
#include "pinning/sharers.h"
#include "pinning/writer.h"

static int correct_one(struct bpffs *fs, const struct interface *iface, enum hook hook,
                       unsigned int told, unsigned int count)
{
	struct directory dir;
	struct record rec;
	struct stage stage;
	int err = directory_open(&dir, fs, iface);

	if (err)
		return err == -ENOENT ? 0 : err;
	/* Another load was here since. */
	if (!dir.has_record || notes_get_shared(&dir.record, hook) != told) {
		directory_close(&dir);
		return 0;
	}
	rec = dir.record;
	err = notes_set_shared(&rec, hook, count);
	if (!err)
		err = stage_begin(&stage, fs, iface->name, "load");
	if (!err) {
		err = stage_publish(&stage, &dir, &rec);
		stage_end(&stage);
	}
	directory_close(&dir);
	return err;
}

int load_correct_shared(char **ifnames, unsigned int count, enum hook hook, unsigned int told)
{
	int err = 0, one;

	for (unsigned int i = 0; i < count; i++) {
		struct interface iface;
		struct bpffs fs;
		bool resumed;

		/* Gone meanwhile, and its record with it. */
		if (interface_by_name(&iface, ifnames[i]))
			continue;
		one = bpffs_open(&fs, BPFFS_WRITE);
		if (!one) {
			one = writer_begin(&fs, &iface, &resumed);
			if (!one)
				one = correct_one(&fs, &iface, hook, told, count);
			bpffs_close(&fs);
		}
		err = err ? err : one;
	}
	return err;
}

int load_find_sharers(struct loading *l)
{
	struct carry *carry = &l->report->carry;
	struct owners owners;
	int err;

	if (!carry->len)
		return 0;
	err = owners_scan_with_interfaces(&owners, &l->fs, l->dir.relative);
	if (err)
		return failed(err, "cannot look for pins in %s", l->fs.path);
	if (load_is_together(l))
		load_forget_members(l, &owners);
	for (size_t i = 0; i < carry->len; i++) {
		struct carried *one = carry->list[i];
		const char *path = NULL;

		carry_find_others(one, &owners);
		carry_keep_apart(one);
		for (int owner = OWNER_OTHER; !path && owner <= OWNER_IPROUTE2; owner++)
			path = owners_path(&owners, owner, PIN_MAP, one->from_id);
		/* Whoever pinned it may want to edit it. */
		if (path && !*one->sharers && one->class != MIGRATE_COUNTER)
			snprintf(one->sharers, sizeof(one->sharers), "%s", path);
	}
	owners_free(&owners);
	return 0;
}

int load_look_at_replaced(struct loading *l)
{
	struct attachment old;
	struct attachments attached = { .list = &old, .len = 1 };
	int err;

	if (!l->old || !directory_has_pins(&l->dir))
		return 0;
	old = *l->old;
	err = live_query(&l->replaced, &attached);
	if (err == -EPERM)
		return live_recall(&l->replaced, &l->lacks, &attached, &l->attached, &l->dir);
	return err ? failed(err, "cannot look at program %u", old.prog_id) : 0;
}

int load_replaced_uses(const void *context, __u32 map_id)
{
	const struct loading *l = context;

	if (live_map_fd(&l->replaced, map_id) >= 0)
		return 1;
	return !l->replaced.progs_len || l->lacks.progs ? -EPERM : 0;
}

/*
 * A set that several interfaces got at once, by the record of this one; or what another one left,
 * which those who worked with it go on with.
 */
static bool may_be_shared(const struct loading *l)
{
	if (l->dir.has_record && !record_same_interface(&l->dir.record, l->iface))
		return true;
	for (int hook = 0; l->dir.has_record && hook < HOOKS; hook++)
		if (notes_get_shared(&l->dir.record, hook) > 1)
			return true;
	return false;
}

int load_look_for_sharers(struct loading *l)
{
	int err;

	if (l->options->session || !directory_has_pins(&l->dir) ||
	    !(may_be_shared(l) || mismatch_any(&l->options->mismatch, MISMATCH_FRESH)))
		return 0;
	err = owners_scan_with_interfaces(&l->sharers, &l->fs, l->dir.relative);
	if (err)
		return failed(err, "cannot look for pins in %s", l->fs.path);
	l->has_sharers = true;
	return 0;
}

bool load_parts(void *context, const char *name, __u32 map_id)
{
	struct loading *l = context;
	char with[NAME_SIZE];

	if (!l->has_sharers || !sharers_name_present(&l->sharers, map_id, with, sizeof(with)))
		return false;
	if (mismatch_of(&l->options->mismatch, name) == MISMATCH_FRESH) {
		note("map '%s' is made anew: the one pinned in %s is left to %s", name, l->dir.path,
		     with);
		return true;
	}
	if (!l->shared_len++) {
		strcpy(l->shared_map, name);
		strcpy(l->shared_with, with);
	}
	return false;
}

void load_tell_shared(const struct loading *l)
{
	char more[32] = "";

	if (!l->shared_len)
		return;
	if (l->shared_len > 1)
		snprintf(more, sizeof(more), " and %u more", l->shared_len - 1);
	note("map '%s'%s %s shared with %s: what is counted and written there is of all of them",
	     l->shared_map, more, *more ? "are" : "is", l->shared_with);
	hint("to give %s empty ones of its own: --on-mismatch fresh", l->iface->name);
}

void load_tell_joined(const struct loading *l)
{
	char with[NAME_SIZE];

	for (size_t i = 0; l->has_sharers && i < l->report->carry.len; i++) {
		const struct carried *one = l->report->carry.list[i];
		__u64 added = one->joins && one->m ? migrate_report(one->m)->added : 0;

		if (!added || one->class == MIGRATE_COUNTER ||
		    !sharers_name(&l->sharers, one->to_id, with, sizeof(with)))
			continue;
		note("map '%s': %llu entr%s of map %u %s in force on %s as well, with which it is "
		     "shared",
		     one->name, (unsigned long long)added, added == 1 ? "y" : "ies", one->from_id,
		     added == 1 ? "is" : "are", with);
	}
}

static bool in_plan(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->len; i++)
		if (!strcmp(plan->maps[i].name, name))
			return true;
	return false;
}

bool load_leaves_shared(const struct loading *l)
{
	char name[NAME_SIZE], with[NAME_SIZE];
	struct listing pins;
	bool found = false;
	__u32 id, old_id;

	if (!l->has_sharers || listing_read(&pins, l->dir.fd))
		return false;
	for (size_t i = 0; !found && i < pins.len; i++) {
		const char *file = pins.list[i].name;

		found = S_ISREG(pins.list[i].type) &&
		        !mapname_parse(file, name, sizeof(name), &old_id) && !old_id &&
		        !in_plan(&l->report->plan, name) && !pin_map_id(l->dir.fd, file, &id) &&
		        sharers_name(&l->sharers, id, with, sizeof(with));
	}
	listing_free(&pins);
	return found;
}

/* What the old program had of a map of this name, and left now: it has been kept for that one. */
static int drop_left(struct loading *l, const struct plan_map *map)
{
	char path[MAP_PATH_SIZE], with[NAME_SIZE];
	int err = 0;

	for (size_t i = 0; !err && i < l->replaced.maps_len; i++) {
		__u32 id, old_id = l->replaced.maps[i].info.id;

		if (live_map_fd(&l->live, old_id) >= 0 ||
		    !sharers_name_present(&l->sharers, old_id, with, sizeof(with)))
			continue;
		for (int egress = 0; !err && egress < 2; egress++)
			if (!map_path(map->name, egress, old_id, path, sizeof(path)) &&
			    !pin_map_id(l->dir.fd, path, &id) && id == old_id)
				err = stage_add_drop(&l->stage, path);
	}
	return err;
}

/* Else readers would add what others go on counting in it. */
int load_drop_parted(struct loading *l)
{
	char path[MAP_PATH_SIZE], with[NAME_SIZE];
	struct plan *plan = &l->report->plan;
	int err = 0;

	for (size_t i = 0; l->has_sharers && !err && i < plan->len; i++) {
		struct plan_map *map = &plan->maps[i];

		if (map->prog_id != l->report->prog_id || map->hook != l->object->hook ||
		    mismatch_of(&l->options->mismatch, map->name) != MISMATCH_FRESH)
			continue;
		if (!l->options->dry_run)
			err = drop_left(l, map);
		if (err || map->state != PLAN_REPLACED ||
		    !sharers_name_present(&l->sharers, map->old_id, with, sizeof(with)))
			continue;
		/* Another hook goes on with it, and follows later. */
		if (live_map_fd(&l->live, map->old_id) >= 0)
			continue;
		if (map_path(map->name, map->egress, map->old_id, path, sizeof(path)))
			continue;
		if (!l->options->dry_run)
			err = stage_add_drop(&l->stage, path);
		map->old_id = 0;
	}
	return err;
}
