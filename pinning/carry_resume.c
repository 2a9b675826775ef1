// SPDX-License-Identifier: GPL-2.0-or-later
/* Going on with what a load that was killed, or that failed at it, did not bring over. */
#include <errno.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/carry.h"
#include "pinning/carry_done.h"
#include "pinning/carry_mark.h"
#include "pinning/carry_netns.h"
#include "pinning/carry_open.h"
#include "pinning/carry_others.h"
#include "pinning/carry_slots.h"

/* Open what one note is about; sets finished if there is nothing to be done. */
static void open_one(const struct directory *dir, struct carried *one)
{
	int err = carry_open_old(one, dir->fd, false);

	if (!err)
		err = carry_open_new(one, dir->fd);
	if (err == -ENOENT || err == -ESTALE) {
		/* Other maps were put there since, or these were dropped: there is no more to do.
		 */
		if (err == -ESTALE)
			note("map '%s' in %s was replaced before all was brought over to it",
			     one->name, dir->path);
		one->finished = true;
		return;
	}
	if (!err && one->typed && !one->to.btf) {
		note("map '%s' in %s: counts of map %u wait for the object that tells its fields",
		     one->name, dir->path, one->from_id);
		hint("%s --carry --object OBJECT %s", cli_command("pin_maps"),
		     cli_word(dir->ifname));
		return;
	}
	one->slots = !err && carry_is_slots(one);
	if (!err && !one->slots)
		err = migrate_plan(&one->m, &one->from, &one->to, one->class);
	if (err)
		failed(err, "cannot go on with carrying map '%s' over in %s", one->name, dir->path);
	else if (!one->slots && !one->done)
		err = carry_open_base(one, dir->fd, dir->path);
	one->came_known = one->done && carry_came_get(&dir->record, one->from_id, &one->came);
	one->placed = !err;
}

static int finish_step(void *arg)
{
	/* What fails is said, and stays for the next run. */
	carry_finish(arg);
	return 0;
}

static void finish(const struct directory *dir, struct carry *carry)
{
	int err = carry_in_netns(carry, &dir->record.iface.netns, finish_step, carry);

	if (err)
		failed(err,
		       "cannot go on with carrying maps of devices over in %s, from outside "
		       "its network namespace",
		       dir->path);
}

/* How a merge that takes long lets other writers go on. */
static int finish_apart(struct bpffs *fs, struct directory *dir, struct carry *carry)
{
	int err;

	bpffs_unlock(fs);
	finish(dir, carry);
	/* In the order in which all writers take the two. */
	directory_unlock(dir);
	err = bpffs_lock(fs);
	return err ? err : directory_read_record(dir);
}

static int resume(struct bpffs *fs, struct directory *dir, struct carry *carry, bool apart)
{
	struct record rec;
	int err;

	err = directory_lock(dir);
	if (err)
		return err;
	for (size_t i = 0; i < carry->len; i++)
		open_one(dir, carry->list[i]);
	if (apart)
		err = finish_apart(fs, dir, carry);
	else
		finish(dir, carry);
	for (size_t i = 0; i < carry->len; i++)
		if (carry->list[i]->placed && carry->list[i]->finished && !carry->list[i]->done)
			note("map '%s' in %s: brought over what an earlier run had left to do",
			     carry->list[i]->name, dir->path);
	rec = dir->record;
	if (!err)
		err = carry_settle(carry, fs, dir->ifname, dir, &rec);
	if (!err) {
		carry_settle_others(carry, fs, dir);
		carry_tell_left(carry, dir);
	}
	return err;
}

static void go_on(struct bpffs *fs, struct directory *dir, bool apart)
{
	struct carry carry = {};
	int err;

	/* Without a record it is not ours; what is about to be dropped needs nothing any more. */
	if (dir->fd < 0 || !dir->has_record || dir->dropped || dir->no_carry)
		return;
	err = carry_open_marks(&carry, dir->fd);
	if (err)
		failed(err, "cannot read %s/%s", dir->path, DIRECTORY_CARRY);
	else if (carry.len)
		resume(fs, dir, &carry, apart);
	directory_unlock(dir);
	carry_free(&carry);
}

void carry_resume(struct bpffs *fs, struct directory *dir)
{
	go_on(fs, dir, false);
}

void carry_resume_apart(struct bpffs *fs, struct directory *dir)
{
	go_on(fs, dir, true);
}

bool carry_is_pending(const struct directory *dir)
{
	struct carry carry = {};
	bool pending = !carry_open_marks(&carry, dir->fd) && carry.len;

	carry_free(&carry);
	return pending;
}
