// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/publish.h"
#include "bpffs/stage.h"
#include "pinning/carry.h"
#include "pinning/gc_note.h"
#include "pinning/gc_pins.h"

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
	const struct interface *was = &look->dir->record.iface;
	struct interface now;
	int err = interface_by_index(&now, was->ifindex);

	/* The number may be used again. What cannot be asked counts as there. */
	look->there =
		err ? err != -ENODEV : !strcmp(now.name, was->name) || !strcmp(now.mac, was->mac);
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

static void keep(struct gc *gc, const struct directory *dir, const char *why)
{
	gc_decide(gc->report, GC_DIRECTORY, GC_KEPT, dir->path, "%s", why);
}

/* Write a note into the record, or remove it. */
static int write_note(struct gc *gc, struct directory *dir, bool gone)
{
	struct record rec = dir->record;
	struct stage stage;
	int err = 0;

	if (gc->options->dry_run)
		return 0;
	if (gone)
		err = gc_note_set(&rec);
	else
		gc_note_unset(&rec);
	if (err)
		return failed(err, "cannot note in the record of %s that its interface is gone",
		              dir->path);
	err = stage_begin(&stage, &gc->fs, dir->ifname, "gc");
	if (!err)
		err = stage_publish(&stage, dir, &rec);
	stage_end(&stage);
	return err;
}

static int forget_note(struct gc *gc, struct directory *dir)
{
	return gc_note_present(&dir->record) ? write_note(gc, dir, false) : 0;
}

/* Read it anew, and every program as well: is it in use? */
static int look_again(struct gc *gc, const struct directory *dir, bool *in_use, char why[256])
{
	struct gc_content content;
	int err;

	gc_uses_free(&gc->uses);
	err = gc_uses_scan(&gc->uses);
	if (!err)
		err = gc_content_read(gc, dir, &content);
	if (err)
		return err;
	*in_use = gc_content_in_use(gc, dir, &content, false, why);
	gc_content_free(&content);
	return 0;
}

/*
 * Remove the directory in one step: it goes into the stage, where nobody finds it any more, and
 * with the stage. A loader that takes no lock may have begun to use it meanwhile, so it is looked
 * at once more there.
 */
static int remove_directory(struct gc *gc, struct directory *dir, bool *in_use, char why[256])
{
	struct stage stage;
	int err;

	err = directory_lock(dir);
	if (!err)
		err = stage_begin(&stage, &gc->fs, dir->ifname, "gc");
	if (err)
		return err;
	if (renameat2(gc->fs.fd, dir->relative, stage.fd, STAGE_DIR, RENAME_NOREPLACE)) {
		err = failed(-errno, "cannot move %s away", dir->path);
		stage_end(&stage);
		return err;
	}
	err = look_again(gc, dir, in_use, why);
	if ((err || *in_use) &&
	    renameat2(stage.fd, STAGE_DIR, gc->fs.fd, dir->relative, RENAME_NOREPLACE))
		err = failed(-errno, "cannot move %s back", dir->path);
	else if (!err && !*in_use)
		err = stage_remove(&gc->fs, stage.name);
	stage_end(&stage);
	return err;
}

/* The interface has been gone for long enough; why says since when. */
static int collect(struct gc *gc, struct directory *dir, const struct gc_content *content,
                   const char *since)
{
	bool in_use = false;
	char why[256];
	int err;

	err = gc_drop_idle(gc, dir, content);
	if (!err && !gc->options->dry_run) {
		err = look_again(gc, dir, &in_use, why);
		if (!err && !in_use)
			err = remove_directory(gc, dir, &in_use, why);
	}
	if (err) {
		gc_decide(gc->report, GC_DIRECTORY, GC_FAILED, dir->path,
		          "it cannot be removed: %s", strerror(-err));
		return 0;
	}
	if (!in_use) {
		gc_decide(gc->report, GC_DIRECTORY, GC_REMOVED, dir->path, "%s", since);
		return 0;
	}
	keep(gc, dir, why);
	return forget_note(gc, dir);
}

/* The interface is gone: how long is that known, and is anything in use all the same? */
static int decide_gone(struct gc *gc, struct directory *dir, enum presence presence)
{
	long long age = gc_note_age(&dir->record), grace = gc->options->grace_s;
	struct gc_content content;
	char why[256];
	int err;

	err = gc_content_read(gc, dir, &content);
	if (err)
		return failed(err, "cannot look at the pins in %s", dir->path);
	if (gc_content_in_use(gc, dir, &content, true, why)) {
		keep(gc, dir, why);
		err = forget_note(gc, dir);
	} else if (presence == HIDDEN) {
		err = collect(gc, dir, &content,
		              "its network namespace, named by --netns, cannot be found");
	} else if (age >= grace || !grace) {
		snprintf(why, sizeof(why), "its interface (ifindex %u) has been gone for %lld s",
		         dir->record.iface.ifindex, age < 0 ? 0 : age);
		err = collect(gc, dir, &content, why);
	} else {
		if (age < 0)
			snprintf(why, sizeof(why),
			         "its interface (ifindex %u) is gone, which is noted now; it goes "
			         "after %lld s",
			         dir->record.iface.ifindex, grace);
		else
			snprintf(why, sizeof(why),
			         "its interface (ifindex %u) has been gone for %lld s; it goes "
			         "after "
			         "%lld s",
			         dir->record.iface.ifindex, age, grace);
		keep(gc, dir, why);
		if (age < 0)
			err = write_note(gc, dir, true);
	}
	gc_content_free(&content);
	return err;
}

static int decide_hidden(struct gc *gc, struct directory *dir, const char *component)
{
	char why[256];

	if (gc->options->netns)
		return decide_gone(gc, dir, HIDDEN);
	snprintf(why, sizeof(why),
	         "network namespace %s cannot be found among the named ones and those of running "
	         "processes; --netns %s removes its directories",
	         component, component);
	keep(gc, dir, why);
	return 0;
}

static int decide(struct gc *gc, struct directory *dir, const char *component)
{
	const char *verb = gc_stage_left(gc, dir->relative);
	char why[128];
	int err;

	if (verb) {
		snprintf(why, sizeof(why),
		         "what a killed '%s' began there is neither finished nor undone yet", verb);
		keep(gc, dir, why);
		return 0;
	}
	err = gc->options->dry_run ? 0 : directory_try_lock(dir);
	/* It may be for long, and other writers would wait with us. */
	if (err == -EWOULDBLOCK)
		keep(gc, dir, "another process is at work in it");
	if (err)
		return err == -EWOULDBLOCK ? 0 : err;
	directory_unlock(dir);
	if (!gc->options->dry_run)
		carry_resume(&gc->fs, dir);
	err = gc_sweep(gc, dir);
	if (err)
		return err;
	if (!dir->record.iface.ifindex) {
		keep(gc, dir, "its record names no interface");
		return 0;
	}
	switch (find_interface(gc, dir, component)) {
	case GONE: return decide_gone(gc, dir, GONE);
	case HIDDEN: return decide_hidden(gc, dir, component);
	default: detail("%s: its interface is there", dir->path); return forget_note(gc, dir);
	}
}

/* One that is not ours, or that we do not understand: 0 with the reason, or a negative errno. */
static int refuse(const struct gc *gc, const char *relative, char why[256])
{
	struct record rec;
	struct stat st;
	int fd, err;

	fd = bpffs_open_dir(gc->fs.fd, relative, O_RDONLY);
	if (fd == -EPERM && !fstatat(gc->fs.fd, relative, &st, AT_SYMLINK_NOFOLLOW)) {
		snprintf(why, 256, "it belongs to uid %u", st.st_uid);
		return 0;
	}
	if (fd < 0)
		return fd;
	err = record_read(fd, DIRECTORY_RECORD, &rec);
	close(fd);
	if (err == -ENOENT)
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
	/* Pins, symlinks and what goes away meanwhile are no directories. */
	if (err < 0)
		return 0;
	if (!err) {
		gc_decide(gc->report, GC_DIRECTORY, GC_KEPT, path, "%s", why);
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
