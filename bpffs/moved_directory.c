// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/known.h"
#include "bpffs/log.h"
#include "bpffs/moved.h"
#include "bpffs/publish.h"

/* Under its number there, the record is of an interface that lives. In one step. */
static int rewrite_record(const struct stage *stage, struct directory *dir,
                          const struct interface *now)
{
	struct record rec = dir->record;
	int err = directory_lock(dir);

	if (err)
		return err;
	rec.iface = *now;
	rec.gen += 2;
	err = record_create(stage->fd, STAGE_NEXT, &rec);
	if (!err && renameat(stage->fd, STAGE_NEXT, dir->fd, DIRECTORY_RECORD))
		err = -errno;
	if (err)
		failed(err, "cannot write the record of %s", dir->path);
	directory_unlock(dir);
	return err;
}

static int refuse_moved(const struct directory *dir, const struct moved *moved)
{
	const struct interface *now = &moved->now;
	bool named = *moved->netns;

	rejected(-EBUSY,
	         "cannot use %s: it belongs to an interface that is now %s (ifindex %u)%s%s",
	         dir->path, now->name, now->ifindex, named ? " in network namespace " : "",
	         moved->netns);
	hint("let its directory follow first: %s %s%s%s%s", cli_command("pin_maps"),
	     named ? "--netns " : "", named ? cli_word(moved->netns) : "", named ? " " : "",
	     cli_word(now->name));
	return -EBUSY;
}

/*
 * The interface of the record lives on elsewhere: its directory goes there. The record first: a
 * run that is killed in between leaves a directory of an interface that lives.
 */
int moved_send_after(const struct moved *moved, struct directory *dir, const struct bpffs *fs,
                     const struct stage *stage)
{
	char relative[PATH_MAX];
	bool named = *moved->netns, taken;
	int err = bpffs_relative(fs, moved->now.name, &moved->now.netns, relative);

	if (err)
		return failed(err, "cannot name a directory for interface %s", moved->now.name);
	taken = !faccessat(fs->fd, relative, F_OK, AT_SYMLINK_NOFOLLOW);
	if (stage && !taken)
		err = directory_make_parent(fs, relative);
	if (stage && !err)
		err = rewrite_record(stage, dir, &moved->now);
	if (err)
		return err;
	known_forget(fs->known);
	if (taken)
		return refuse_moved(dir, moved);
	if (stage && renameat2(fs->fd, dir->relative, fs->fd, relative, RENAME_NOREPLACE))
		return failed(-errno, "cannot rename %s to %s/%s", dir->path, fs->path, relative);
	note("%s belongs to an interface that is now %s (ifindex %u)%s%s: it %s to %s/%s",
	     dir->path, moved->now.name, moved->now.ifindex, named ? " in network namespace " : "",
	     moved->netns, stage ? "followed" : "would follow", fs->path, relative);
	directory_close(dir);
	return 0;
}

int moved_refuse_used(const struct moved *moved, const struct directory *dir)
{
	const struct interface *user = &moved->user;
	bool named = *moved->user_netns;

	rejected(-EBUSY,
	         "cannot use %s: what was pinned there for another interface (ifindex %u) is at "
	         "work "
	         "on %s (ifindex %u)%s%s",
	         dir->path, dir->record.iface.ifindex, user->name, user->ifindex,
	         named ? " in network namespace " : "", moved->user_netns);
	hint("have it pinned under that name first: %s %s%s%s%s", cli_command("pin_maps"),
	     named ? "--netns " : "", named ? cli_word(moved->user_netns) : "", named ? " " : "",
	     cli_word(user->name));
	return -EBUSY;
}

int moved_refuse_linked(const struct moved *moved, const struct directory *dir)
{
	char path[PATH_MAX + NAME_SIZE];

	snprintf(path, sizeof(path), "%s/%s/%s", dir->path, DIRECTORY_LINKS,
	         hook_name(moved->linked));
	rejected(-EBUSY,
	         "cannot use %s: its link of %s holds a program on an interface that is not found",
	         dir->path, hook_name(moved->linked));
	hint("it may be in a network namespace without a name or a process; see it with: bpftool "
	     "link show pinned %s",
	     cli_word(path));
	hint("if that program may go, take it off: rm %s", cli_word(path));
	return -EBUSY;
}
