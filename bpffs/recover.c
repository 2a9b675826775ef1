// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/known.h"
#include "bpffs/leftover.h"
#include "bpffs/listing.h"
#include "bpffs/lock.h"
#include "bpffs/log.h"
#include "bpffs/publish.h"
#include "bpffs/recover.h"
#include "bpffs/stage.h"

static void say_ended(const char *how, const struct leftover *l, const char *path)
{
	char there[LEFTOVER_THERE_SIZE];

	if (l->seen)
		leftover_there(l, there);
	if (l->left)
		note("%s what an earlier '%s' began in %s and could not end%s%s", how, l->verb,
		     path, l->seen ? ": " : "", l->seen ? there : "");
	else
		note("%s what a killed '%s' began in %s%s%s", how, l->verb, path,
		     l->seen ? ": " : "", l->seen ? there : "");
}

static int cannot_finish(const struct leftover *l, const char *path, int err)
{
	failed(err, "cannot finish what %s '%s' began in %s", l->left ? "an earlier" : "a killed",
	       l->verb, path);
	hint("the next run tries again: what is to go there is in stage %s of %s", l->name,
	     l->fs->path);
	return err;
}

/* A directory that is complete in its stage. */
static int put_in_place(const struct leftover *l)
{
	char path[PATH_MAX * 2];
	int err = directory_make_parent(l->fs, l->relative);

	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/%s", l->fs->path, l->relative);
	err = stage_put_whole(l->fs, l->fd, l->relative);
	if (err)
		return cannot_finish(l, path, err);
	say_ended("finished", l, path);
	return 0;
}

static int go_forward(const struct leftover *l, bool wait, recover_before_fn before)
{
	struct directory dir;
	int err;

	if (!directory_is_relative(l->relative))
		return rejected(-EINVAL,
		                "cannot finish stage %s: it names no interface's directory",
		                l->name);
	/* There may be a directory more. */
	known_forget(l->fs->known);
	if (stage_is_whole(l->fd))
		return put_in_place(l);
	err = directory_open_relative(&dir, l->fs, l->relative);
	if (err == -ENOENT && l->hook >= 0 && leftover_linked_prog(l))
		return failed(err,
		              "cannot finish what a killed '%s' began in %s/%s: it is gone, "
		              "and a link in stage %s holds a program",
		              l->verb, l->fs->path, l->relative, l->name);
	if (err == -ENOENT) {
		note("%s/%s is gone; dropped what a killed '%s' had prepared for it", l->fs->path,
		     l->relative, l->verb);
		return 0;
	}
	if (err)
		return err;
	err = wait ? directory_lock(&dir) : directory_try_lock(&dir);
	if (err == -EWOULDBLOCK)
		detail("somebody is at work in %s: left what a killed '%s' began there", dir.path,
		       l->verb);
	if (!err && stage_is_sealed(l->fd))
		before(l, &dir);
	if (!err && stage_is_sealed(l->fd) && renameat(l->fd, STAGE_ODD, dir.fd, DIRECTORY_RECORD))
		err = failed(-errno, "cannot write the record of %s", dir.path);
	if (!err) {
		err = publish_staged(l->fd, dir.fd);
		if (err)
			cannot_finish(l, dir.path, err);
		else
			say_ended("finished", l, dir.path);
	}
	directory_close(&dir);
	return err;
}

/* A map that was there before, of a program that is on, or of another hook: nothing came into it
 * that would be lost. */
static bool was_there(const struct leftover *l, const struct directory *dir, __u32 map_id)
{
	for (int hook = 0; hook < HOOKS; hook++)
		if (record_has_map(&dir->record, hook, map_id))
			return true;
	return !l->blind && leftover_uses(l, map_id);
}

/*
 * What the new program counted while it was on stays as the old map of that name, which readers
 * add to the present one.
 */
static int keep_counts(const struct leftover *l, const struct directory *dir)
{
	char old[NAME_SIZE];
	int err = 0;

	/* What unload prepares no program has ever run with. */
	if (!l->new_prog)
		return 0;
	for (size_t i = 0; !err && i < l->displaced.len; i++) {
		const struct displaced *one = &l->displaced.list[i];

		if (!one->counted || was_there(l, dir, one->new_id))
			continue;
		err = mapname_old(one->file, one->new_id, old, sizeof(old));
		if (!err && linkat(l->pins_fd, one->file, dir->fd, old, 0) && errno != EEXIST)
			err = -errno;
		if (!err)
			note("map '%s': what program %u counted stays in %s/%s", one->file,
			     l->new_prog, dir->path, old);
	}
	return err;
}

static int go_back(const struct leftover *l)
{
	struct directory dir;
	int err;

	detail("removed what a killed '%s' had prepared: %s", l->verb, l->name);
	if (!l->displaced.len || !directory_is_relative(l->relative))
		return 0;
	err = directory_open_relative(&dir, l->fs, l->relative);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = keep_counts(l, &dir);
	if (err)
		failed(err, "cannot undo what a killed '%s' began in %s", l->verb, dir.path);
	else if (l->seen && l->there && l->there != l->old_prog)
		say_ended("undid", l, dir.path);
	directory_close(&dir);
	return err;
}

static int say_untold(const struct leftover *l)
{
	rejected(-EUCLEAN,
	         "cannot tell how a killed '%s' is to end: neither program %u nor %u is seen on %s "
	         "of %s",
	         l->verb, l->old_prog, l->new_prog, hook_name(l->hook), l->rec.iface.name);
	hint("what it had prepared stays in %s/%%ifbpf/stage/%s", l->fs->path, l->name);
	if (l->blind || l->unasked)
		hint(RECOVER_REMEDY_ASK);
	else
		hint(RECOVER_REMEDY_DROP, cli_command("gc"));
	return -EUCLEAN;
}

static int recover_one(const struct bpffs *fs, const char *name, const struct interface *iface,
                       recover_before_fn before)
{
	int fd = bpffs_open_dir(fs->stage_fd, name, O_RDONLY), err = 0;
	struct leftover l;
	bool own;

	if (fd < 0) {
		if (fd != -ENOENT)
			note("%s/%%ifbpf/stage/%s is no stage of ours, and was left alone",
			     fs->path, name);
		return 0;
	}
	if (lock_try(fd)) {
		/* Its writer lives. */
		close(fd);
		return 0;
	}
	leftover_read(&l, fs, name, fd);
	own = iface && record_same_interface(&l.rec, iface);
	switch (leftover_choose(&l)) {
	case LEFTOVER_FORWARD: err = go_forward(&l, own, before); break;
	case LEFTOVER_BACK: err = go_back(&l); break;
	case LEFTOVER_UNTOLD: err = say_untold(&l); break;
	}
	if (!err)
		err = stage_remove(fs, name);
	leftover_free(&l);
	close(fd);
	/* What is wrong with one interface must not hold up the others. */
	return own ? err : 0;
}

int recover_stages(const struct bpffs *fs, const struct interface *iface, recover_before_fn before)
{
	struct listing stages;
	int err;

	if (fs->known && fs->known->no_stages)
		return 0;
	err = listing_read(&stages, fs->stage_fd);
	if (err)
		failed(err, "cannot list the stages in %s", fs->path);
	for (size_t i = 0; !err && i < stages.len; i++)
		if (stages.list[i].name[0] != '.')
			err = recover_one(fs, stages.list[i].name, iface, before);
	/* Nobody else makes one while we have the lock. */
	if (!err && !stages.len && fs->known)
		fs->known->no_stages = true;
	listing_free(&stages);
	return err;
}

bool recover_is_stuck(const struct bpffs *fs, int stages_fd, const char *name,
                      char ifname[IF_NAMESIZE], bool *blind)
{
	int fd = bpffs_open_dir(stages_fd, name, O_RDONLY);
	struct leftover l;
	bool stuck;

	if (fd < 0)
		return false;
	stuck = !lock_try(fd);
	if (stuck) {
		leftover_read(&l, fs, name, fd);
		stuck = leftover_choose(&l) == LEFTOVER_UNTOLD;
		*blind = l.blind || l.unasked;
		snprintf(ifname, IF_NAMESIZE, "%s", l.rec.iface.name);
		leftover_free(&l);
	}
	close(fd);
	return stuck;
}
