// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/bpffs.h"
#include "bpffs/directory.h"
#include "bpffs/log.h"
#include "bpffs/modes.h"
#include "bpffs/pin.h"
#include "bpffs/publish.h"
#include "bpffs/rejoin.h"
#include "bpffs/skeleton.h"

/*
 * What has that name is no map, or gone: that is known for certain. Any other error is no answer.
 * The programs and links that others put here are not ours.
 */
static bool is_no_map(int err)
{
	return err == -EINVAL || err == -EACCES || err == -ELOOP || err == -ENOENT;
}

static int drop(int dir_fd, const char *file)
{
	return unlinkat(dir_fd, file, 0) && errno != ENOENT ? -errno : 0;
}

/* Drop a map's pin, or a symlink in %egress/ to one. */
static int drop_pin(int dir_fd, const char *file, void *arg)
{
	struct stat st;
	__u32 id;
	int err;

	(void)arg;
	if (fstatat(dir_fd, file, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	err = S_ISLNK(st.st_mode) ? 0 : pin_map_id(dir_fd, file, &id);
	if (err)
		return is_no_map(err) ? 0 : err;
	return drop(dir_fd, file);
}

/* Give a map that is about to lose its name the name <file>%old-<id> besides. */
static int keep_old(int dir_fd, const char *file, __u32 id)
{
	char old[NAME_SIZE];
	__u32 there;
	int err;

	err = mapname_old(file, id, old, sizeof(old));
	if (err)
		return err;
	if (!linkat(dir_fd, file, dir_fd, old, 0))
		return 0;
	if (errno != EEXIST)
		return -errno;
	/* A run that was killed may have done it; anything else must not cost the map. */
	return !pin_map_id(dir_fd, old, &there) && there == id ? 0 : -EEXIST;
}

/*
 * Put a staged pin into its place. What was there under the same name stays as %old: a hard link
 * is made first, so that neither of the two is without a name at any time.
 */
static int move_pin(int stage_fd, const char *file, void *arg)
{
	int dir_fd = *(int *)arg, err;
	__u32 new_id, present_id;

	if (!renameat2(stage_fd, file, dir_fd, file, RENAME_NOREPLACE))
		return 0;
	if (errno != EEXIST)
		return -errno;
	err = pin_map_id(stage_fd, file, &new_id);
	if (err)
		return err;
	err = pin_map_id(dir_fd, file, &present_id);
	/* A pin of another kind, or what is no pin at all. */
	if (err == -EINVAL || err == -EACCES) {
		note("%s is taken by something that is no map, and was left alone", file);
		return 0;
	}
	if (!err && present_id != new_id)
		err = keep_old(dir_fd, file, present_id);
	/* A symlink gives way, and what has gone meanwhile need not. */
	if (err && err != -ELOOP && err != -ENOENT)
		return err;
	if (renameat(stage_fd, file, dir_fd, file))
		return -errno;
	/* Two links to one inode: rename(2) does nothing then, and says so to nobody. */
	return unlinkat(stage_fd, file, 0) && errno != ENOENT ? -errno : 0;
}

/* A directory's maps, and which of them has another name than an old one. */
struct settling {
	const struct record *rec;
	int dir_fd, egress_fd;
	__u32 id; /* that is looked for */
};

static int find_present(int dir_fd, const char *file, void *arg)
{
	const struct settling *s = arg;
	char map[NAME_SIZE];
	__u32 old_id, id;

	if (mapname_parse(file, map, sizeof(map), &old_id) || old_id)
		return 0;
	return !pin_map_id(dir_fd, file, &id) && id == s->id;
}

/* It has a name of its own in the directory: else an old one would be the last that it has. */
static bool has_name(struct settling *s, __u32 id)
{
	s->id = id;
	return pin_each(s->dir_fd, find_present, s) == 1 ||
	       pin_each(s->egress_fd, find_present, s) == 1;
}

/*
 * A map that is back in use, under its own name or another of ours, is no old one any more, and
 * must not be counted twice. Which map it is says the map, not the name that somebody gave it; if
 * that cannot be told, the next run asks again.
 */
static int drop_old_in_use(int dir_fd, const char *file, void *arg)
{
	struct settling *s = arg;
	char map[NAME_SIZE], flat[NAME_SIZE];
	__u32 old_id, id, present_id;
	int err;

	if (mapname_parse(file, map, sizeof(map), &old_id) || !old_id)
		return 0;
	err = pin_map_id(dir_fd, file, &id);
	if (err)
		return is_no_map(err) ? 0 : err;
	for (int hook = 0; hook < HOOKS; hook++)
		if (record_has_map(s->rec, hook, id) && has_name(s, id))
			return drop(dir_fd, file);
	if (id != old_id || mapname_encode(map, flat, sizeof(flat)))
		return 0;
	err = pin_map_id(dir_fd, flat, &present_id);
	if (err)
		return is_no_map(err) ? 0 : err;
	return present_id == id ? drop(dir_fd, file) : 0;
}

static int move_below(int from_parent, int to_parent, const char *name);

/* What is in one directory goes into the other one. */
static int move_content(int from, int to)
{
	struct listing all;
	int err = listing_read(&all, from);

	for (size_t i = 0; !err && i < all.len; i++) {
		const char *file = all.list[i].name;

		if (S_ISDIR(all.list[i].type))
			err = move_below(from, to, file);
		else if (renameat(from, file, to, file))
			err = -errno;
		if (err == -EISDIR)
			note("where %s is to be pinned is a directory: see what it is, then remove "
			     "it",
			     file);
	}
	listing_free(&all);
	return err;
}

/*
 * Rename everything that is pinned below one directory into another of the same shape; or the
 * directory itself, where there is no other, or one with nothing in it.
 */
static int move_below(int from_parent, int to_parent, const char *name)
{
	int from, to, err;

	if (!renameat(from_parent, name, to_parent, name) || errno == ENOENT)
		return 0;
	/* Something is in it, or is mounted on it. */
	if (errno != ENOTEMPTY && errno != EEXIST && errno != EBUSY)
		return -errno;
	from = bpffs_open_dir(from_parent, name, O_RDONLY);
	if (from < 0)
		return from;
	to = bpffs_open_dir(to_parent, name, O_RDONLY);
	err = to < 0 ? to : move_content(from, to);
	if (to >= 0)
		close(to);
	close(from);
	/* With something in it, it goes with the stage. */
	unlinkat(from_parent, name, AT_REMOVEDIR);
	return err;
}

/* Remove one pin that is named in the stage; if it is gone, a run that was killed removed it. */
static int drop_one(int drops_fd, int dir_fd, const char *order)
{
	char path[PATH_MAX];
	ssize_t len = readlinkat(drops_fd, order, path, sizeof(path) - 1);

	path[len < 0 ? 0 : len] = '\0';
	if (len < 0)
		return -errno;
	if (*path == '/' || strstr(path, ".."))
		return -EINVAL;
	if (unlinkat(dir_fd, path, 0) && errno != ENOENT)
		return -errno;
	unlinkat(drops_fd, order, 0);
	return 0;
}

static int drop_named(int stage_fd, int dir_fd)
{
	struct listing orders;
	int fd, err;

	fd = bpffs_open_dir(stage_fd, STAGE_DROPS, O_RDONLY);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = listing_read(&orders, fd);
	for (size_t i = 0; !err && i < orders.len; i++)
		err = drop_one(fd, dir_fd, orders.list[i].name);
	listing_free(&orders);
	close(fd);
	/* Unless something is in it. Before the orders are gone: else a kill in between leaves it.
	 */
	unlinkat(dir_fd, DIRECTORY_CARRY, AT_REMOVEDIR);
	unlinkat(stage_fd, STAGE_DROPS, AT_REMOVEDIR);
	return err;
}

int publish_complete(int dir_fd, __u32 group)
{
	int egress_fd = skeleton_open_egress(dir_fd), err;
	struct skeleton s;

	if (egress_fd < 0)
		return egress_fd;
	err = skeleton_list(&s, dir_fd, egress_fd);
	if (!err) {
		err = skeleton_complete_listed(&s);
		if (!err)
			err = modes_set(&s, group);
		skeleton_free(&s);
	}
	close(egress_fd);
	return err;
}

static int drop_all(int stage_fd, int dir_fd, int egress_fd)
{
	int err;

	err = pin_each(dir_fd, drop_pin, NULL);
	if (!err)
		err = pin_each(egress_fd, drop_pin, NULL);
	if (!err && unlinkat(stage_fd, STAGE_DROP_ALL, 0))
		err = -errno;
	return err;
}

static int move_maps(int stage_fd, const struct listing *staged, int dir_fd, int egress_fd)
{
	int staged_egress_fd, err;

	err = pin_each_listed(stage_fd, staged, move_pin, &dir_fd);
	if (err || !listing_find(staged, DIRECTORY_EGRESS))
		return err;
	staged_egress_fd = bpffs_open_dir(stage_fd, DIRECTORY_EGRESS, O_RDONLY);
	if (staged_egress_fd < 0)
		return staged_egress_fd;
	err = pin_each(staged_egress_fd, move_pin, &egress_fd);
	close(staged_egress_fd);
	return err;
}

/* All pins are in place: what follows from that, and the modes. */
static int settle(int dir_fd, int egress_fd, struct record *rec)
{
	struct settling old = { .rec = rec, .dir_fd = dir_fd, .egress_fd = egress_fd };
	struct skeleton s;
	int err = skeleton_list(&s, dir_fd, egress_fd);

	if (err)
		return err;
	err = pin_each_listed(dir_fd, &s.dir, drop_old_in_use, &old);
	if (!err)
		err = pin_each_listed(egress_fd, &s.egress, drop_old_in_use, &old);
	if (!err)
		err = skeleton_complete_listed(&s);
	if (!err)
		err = modes_set(&s, rec->group);
	if (!err)
		err = rejoin_old(&s);
	skeleton_free(&s);
	return err;
}

static int carry_out(int stage_fd, int dir_fd, int egress_fd)
{
	static const char *const below[] = { DIRECTORY_PROGS, DIRECTORY_LINKS, DIRECTORY_CARRY };
	struct listing staged;
	int err = listing_read(&staged, stage_fd);

	if (!err && listing_find(&staged, STAGE_DROP_ALL))
		err = drop_all(stage_fd, dir_fd, egress_fd);
	/* Before the pins that it is about. Somebody's directory of that name is no reason to stop.
	 */
	if (!err && listing_find(&staged, DIRECTORY_LAYOUTS) &&
	    renameat(stage_fd, DIRECTORY_LAYOUTS, dir_fd, DIRECTORY_LAYOUTS) && errno != EISDIR)
		err = -errno;
	if (!err)
		err = move_maps(stage_fd, &staged, dir_fd, egress_fd);
	/* After all pins are in place: what a replacement leaves may be among what goes. */
	if (!err && listing_find(&staged, STAGE_DROPS))
		err = drop_named(stage_fd, dir_fd);
	for (size_t i = 0; !err && i < sizeof(below) / sizeof(below[0]); i++)
		if (listing_find(&staged, below[i]))
			err = move_below(stage_fd, dir_fd, below[i]);
	listing_free(&staged);
	return err;
}

int publish_staged(int stage_fd, int dir_fd)
{
	struct record rec;
	int egress_fd, err;

	err = record_read(stage_fd, STAGE_META, &rec);
	if (err)
		return err;
	egress_fd = skeleton_open_egress(dir_fd);
	if (egress_fd < 0)
		return egress_fd;
	err = carry_out(stage_fd, dir_fd, egress_fd);
	if (!err)
		err = settle(dir_fd, egress_fd, &rec);
	if (!err && renameat(stage_fd, STAGE_META, dir_fd, DIRECTORY_RECORD))
		err = -errno;
	close(egress_fd);
	return err;
}
