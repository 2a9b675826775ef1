// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/identity.h"
#include "bpffs/log.h"
#include "bpffs/skeleton.h"
#include "pinning/carry.h"
#include "pinning/gc_gone.h"
#include "pinning/gc_pins.h"
#include "pinning/gc_stay.h"

/* Whether the interface of a directory is there. */
enum presence {
	PRESENT,
	GONE,
	HIDDEN, /* its network namespace cannot be found */
};

struct look {
	const struct directory *dir;
	bool there;
};

/* In the namespace of the record: the interface itself, perhaps under another name. */
static int look_by_index(void *arg)
{
	struct look *look = arg;
	struct interface now;
	int err = interface_by_index(&now, look->dir->record.iface.ifindex);

	/* The number may be used again. What cannot be asked counts as there. */
	look->there = err ? err != -ENODEV : identity_is_of(look->dir, &now);
	return 0;
}

/* In the namespace that the directory is for: one that was made anew inherits it. */
static int look_by_name(void *arg)
{
	struct look *look = arg;
	struct interface now;

	look->there = interface_by_name(&now, look->dir->ifname) != -ENODEV;
	return 0;
}

static bool is_there(const struct namespace *netns, int (*visit)(void *arg),
                     const struct directory *dir)
{
	struct look look = { .dir = dir };

	return netns_visit(netns->fd, visit, &look) || look.there;
}

static enum presence find_interface(struct gc *gc, const struct directory *dir,
                                    const char *component)
{
	const struct namespace *of_record, *of_place;

	of_record = namespaces_get(&gc->namespaces, &dir->record.iface.netns);
	of_place = namespaces_named(&gc->namespaces, component);
	if ((of_record && is_there(of_record, look_by_index, dir)) ||
	    (of_place && is_there(of_place, look_by_name, dir)))
		return PRESENT;
	return of_record && of_place ? GONE : HIDDEN;
}

static int keep(struct gc *gc, const struct directory *dir, const char *why)
{
	gc_decide(gc->report, GC_DIRECTORY, GC_KEPT, dir->path, "%s", why);
	return gc_stay_add(gc, dir);
}

static int decide_hidden(struct gc *gc, struct directory *dir, const char *component)
{
	char why[256];

	if (gc->options->netns)
		return gc_gone_add(gc, dir, true);
	snprintf(why, sizeof(why),
	         "network namespace %s cannot be found among the named ones, those of running "
	         "processes and those that they hold open; --netns %s removes its directories",
	         component, component);
	return keep(gc, dir, why);
}

static int decide(struct gc *gc, struct directory *dir, const char *component)
{
	const char *verb = gc_stage_left(gc, dir->relative);
	enum presence presence;
	char why[128];
	int err;

	if (verb) {
		snprintf(why, sizeof(why),
		         "what a killed '%s' began there is neither finished nor undone yet", verb);
		return keep(gc, dir, why);
	}
	err = gc->options->dry_run ? 0 : directory_try_lock(dir);
	/* It may be for long, and other writers would wait with us. */
	if (err == -EWOULDBLOCK)
		return keep(gc, dir, "another process is at work in it");
	if (err)
		return err;
	directory_unlock(dir);
	if (!gc->options->dry_run)
		carry_resume(&gc->fs, dir);
	err = gc_sweep(gc, dir);
	if (err)
		return err;
	presence = find_interface(gc, dir, component);
	if (presence == HIDDEN) {
		err = gc_find_held(gc);
		if (err)
			return err;
		presence = find_interface(gc, dir, component);
	}
	switch (presence) {
	case GONE: return gc_gone_add(gc, dir, false);
	case HIDDEN: return decide_hidden(gc, dir, component);
	default: break;
	}
	detail("%s: its interface is there", dir->path);
	err = gc_forget_note(gc, dir);
	return err ? err : gc_stay_add(gc, dir);
}

/* A load made it and was stopped before it had pinned anything. Nobody is at work: see lock(). */
static bool was_never_used(int fd)
{
	return !faccessat(fd, DIRECTORY_LOCK, F_OK, AT_SYMLINK_NOFOLLOW) && skeleton_only(fd) == 1;
}

static void remove_unused(struct gc *gc, const char *relative, const char *path)
{
	int err = gc->options->dry_run ? 0 : skeleton_remove(gc->fs.fd, relative);

	if (err)
		gc_decide(gc->report, GC_DIRECTORY, GC_FAILED, path, "it cannot be removed: %s",
		          strerror(-err));
	else
		gc_decide(gc->report, GC_DIRECTORY, GC_REMOVED, path,
		          "a run that was stopped made it, and nothing is pinned in it");
}

/*
 * One that is not ours, or that we do not understand: 0 with the reason, which is "" for one that
 * is of no use; or a negative errno.
 */
static int refuse(const struct gc *gc, const char *relative, char why[256])
{
	struct record rec;
	struct stat st;
	bool unused;
	int fd, err;

	fd = bpffs_open_dir(gc->fs.fd, relative, O_RDONLY);
	if (fd == -EPERM && !fstatat(gc->fs.fd, relative, &st, AT_SYMLINK_NOFOLLOW)) {
		snprintf(why, 256, "it belongs to uid %u", st.st_uid);
		return 0;
	}
	if (fd < 0)
		return fd;
	err = record_read_owner(fd, DIRECTORY_RECORD, &rec);
	unused = err == -ENOENT && was_never_used(fd);
	close(fd);
	if (unused)
		*why = '\0';
	else if (err == -ENOENT)
		snprintf(why, 256, "it has no record, so it is not ours");
	else if (err == -EPROTONOSUPPORT)
		snprintf(why, 256, "its record is of a newer version");
	else if (err)
		snprintf(why, 256, "its record cannot be read: %s", strerror(-err));
	return err ? 0 : 1;
}

int gc_directory(struct gc *gc, const char *relative, const char *component)
{
	char path[PATH_MAX * 2], why[256];
	struct directory dir;
	int err;

	snprintf(path, sizeof(path), "%s/%s", gc->fs.path, relative);
	err = refuse(gc, relative, why);
	if (!err && !*why && gc_stage_left(gc, relative))
		strcpy(why, "a stage that is left may still be finished there");
	/* Pins, symlinks and what goes away meanwhile are no directories. */
	if (err < 0)
		return 0;
	if (!err) {
		if (*why)
			gc_decide(gc->report, GC_DIRECTORY, GC_KEPT, path, "%s", why);
		else
			remove_unused(gc, relative, path);
		return 0;
	}
	err = directory_open_relative(&dir, &gc->fs, relative);
	if (!err) {
		err = decide(gc, &dir, component);
		directory_close(&dir);
	}
	/* One directory does not hold up the others. */
	if (err)
		gc_decide(gc->report, GC_DIRECTORY, GC_FAILED, path, "%s", strerror(-err));
	return 0;
}
