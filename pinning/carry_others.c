// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "bpffs/pin.h"
#include "bpffs/stage.h"
#include "pinning/carry_done.h"
#include "pinning/carry_others.h"
#include "pinning/sharers.h"

unsigned int carry_find_others(struct carried *one, const struct owners *owners)
{
	size_t size = sizeof(one->sharers);

	one->left_elsewhere = sharers_left(owners, one->from_id);
	return one->class == MIGRATE_COUNTER
	               ? sharers_name_present(owners, one->from_id, one->sharers, size)
	               : sharers_name(owners, one->from_id, one->sharers, size);
}

struct others {
	const struct carried *one;
	const struct bpffs *fs;
	const char *verb;
};

static bool has_map(const struct directory *dir, const char *name, bool egress, __u32 old_id,
                    __u32 map_id)
{
	char path[MAP_PATH_SIZE];
	__u32 id;

	return !map_path(name, egress, old_id, path, sizeof(path)) &&
	       !pin_map_id(dir->fd, path, &id) && id == map_id;
}

/* A list is copied, so that those with another new map need it still. Counts are taken once. */
static bool is_done_for(const struct carried *one, const struct directory *dir)
{
	if (one->class == MIGRATE_COUNTER)
		return one->complete;
	return has_map(dir, one->name, false, 0, one->to_id) ||
	       has_map(dir, one->name, true, 0, one->to_id);
}

static int add_drops(const struct carried *one, const struct directory *dir, struct stage *stage)
{
	char path[MAP_PATH_SIZE];
	int err = 0;

	for (int egress = 0; !err && egress < 2; egress++) {
		if (!has_map(dir, one->name, egress, one->from_id, one->from_id))
			continue;
		err = map_path(one->name, egress, one->from_id, path, sizeof(path));
		if (!err)
			err = stage_add_drop(stage, path);
	}
	return err;
}

static int settle_in(const struct others *others, struct directory *dir)
{
	const struct carried *one = others->one;
	struct stage stage;
	struct record rec;
	int err;

	if (!dir->has_record || !is_done_for(one, dir))
		return 0;
	/* Whoever goes on with what was noted there, drops it. */
	if (directory_carries(dir, one->from_id))
		return 0;
	rec = dir->record;
	carry_done_follow(&rec, one);
	if (!one->complete)
		carry_done_add(&rec, one);
	err = stage_begin(&stage, others->fs, dir->ifname, others->verb);
	if (!err && one->complete)
		err = add_drops(one, dir, &stage);
	if (!err)
		err = stage_publish(&stage, dir, &rec);
	stage_end(&stage);
	return err;
}

static int visit(const char *relative, void *arg)
{
	const struct others *others = arg;
	struct directory dir;
	int err = directory_open_relative(&dir, others->fs, relative);

	if (err)
		return 0;
	/* Both locks of two directories, each taken first by somebody else, would be for ever. */
	err = directory_try_lock(&dir);
	if (!err)
		err = directory_read_record(&dir);
	if (!err)
		settle_in(others, &dir);
	else if (err == -EWOULDBLOCK)
		detail("somebody is at work in %s: old map %u stays there", dir.path,
		       others->one->from_id);
	directory_close(&dir);
	return 0;
}

/* Nobody goes on with it. */
static bool is_over(const struct carried *one)
{
	return one->left_elsewhere && one->placed && one->finished && !*one->why && !one->shared &&
	       !*one->sharers && (one->complete || one->class != MIGRATE_COUNTER);
}

void carry_settle_others(const struct carry *carry, const struct bpffs *fs,
                         const struct directory *dir)
{
	struct others others = { .fs = fs, .verb = carry->verb ? carry->verb : "load" };
	struct owners owners;
	bool any = false;
	int err;

	for (size_t i = 0; i < carry->len; i++)
		any |= is_over(carry->list[i]);
	if (!any)
		return;
	err = owners_scan_with_interfaces(&owners, fs, dir->relative);
	if (err) {
		failed(err, "cannot look for old maps of other interfaces");
		return;
	}
	for (size_t i = 0; i < carry->len; i++) {
		others.one = carry->list[i];
		if (is_over(others.one))
			sharers_each_left(&owners, others.one->from_id, visit, &others);
	}
	owners_free(&owners);
}
