// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/bpffs.h"
#include "bpffs/directory.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/publish.h"
#include "bpffs/skeleton.h"

/* Whether a file is a pinned map; the programs and links that others put here are not ours. */
static bool is_map(int dir_fd, const char *file)
{
	__u32 id;

	return !pin_map_id(dir_fd, file, &id);
}

/* Drop a map's pin, or a symlink in %egress/ to one. */
static int drop_pin(int dir_fd, const char *file, void *arg)
{
	struct stat st;

	(void)arg;
	if (fstatat(dir_fd, file, &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	if (!S_ISLNK(st.st_mode) && !is_map(dir_fd, file))
		return 0;
	return unlinkat(dir_fd, file, 0) && errno != ENOENT ? -errno : 0;
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

/* A map that is back in use is no old one any more, and must not be counted twice. */
static int drop_old(int dir_fd, const char *file, __u32 id)
{
	char old[NAME_SIZE];
	__u32 there;

	/* Which map it is says the map, not the name that somebody gave it. */
	if (mapname_old(file, id, old, sizeof(old)) || pin_map_id(dir_fd, old, &there) ||
	    there != id)
		return 0;
	return unlinkat(dir_fd, old, 0) && errno != ENOENT ? -errno : 0;
}

/*
 * Put a staged pin into its place. What was there under the same name stays as %old: a hard link
 * is made first, so that neither of the two is without a name at any time.
 */
static int move_pin(int stage_fd, const char *file, void *arg)
{
	int dir_fd = *(int *)arg, err;
	__u32 new_id, present_id;

	err = pin_map_id(stage_fd, file, &new_id);
	if (err)
		return err;
	if (!linkat(stage_fd, file, dir_fd, file, 0)) {
		if (unlinkat(stage_fd, file, 0))
			return -errno;
		return drop_old(dir_fd, file, new_id);
	}
	if (errno != EEXIST)
		return -errno;
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
	if (unlinkat(stage_fd, file, 0) && errno != ENOENT)
		return -errno;
	return drop_old(dir_fd, file, new_id);
}

/* A map that is in use under another of our names is no old one either. */
static int drop_old_in_use(int dir_fd, const char *file, void *arg)
{
	const struct record *rec = arg;
	char map[NAME_SIZE];
	__u32 old_id, id;

	if (mapname_parse(file, map, sizeof(map), &old_id) || !old_id ||
	    pin_map_id(dir_fd, file, &id))
		return 0;
	for (int hook = 0; hook < HOOKS; hook++)
		if (record_has_map(rec, hook, id))
			return drop_pin(dir_fd, file, NULL);
	return 0;
}

/* Rename everything that is pinned below one directory into another of the same shape. */
static int move_below(int from_parent, int to_parent, const char *name)
{
	int from, to, count, err = 0;
	struct dirent **list;
	struct stat st;

	from = bpffs_open_dir(from_parent, name, O_RDONLY);
	if (from < 0)
		return from == -ENOENT ? 0 : from;
	to = bpffs_make_dir(to_parent, name, 0700);
	count = to < 0 ? to : scandirat(from, ".", &list, NULL, alphasort);
	if (count < 0)
		err = to < 0 ? to : -errno;
	for (int i = 0; i < count; i++) {
		const char *file = list[i]->d_name;

		if (err || file[0] == '.' || fstatat(from, file, &st, AT_SYMLINK_NOFOLLOW))
			;
		else if (S_ISDIR(st.st_mode))
			err = move_below(from, to, file);
		else if (renameat(from, file, to, file))
			err = -errno;
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	if (to >= 0)
		close(to);
	close(from);
	return err;
}

/* Remove the pins that are named in the stage; one that is gone already was removed before. */
static int drop_named(int stage_fd, int dir_fd)
{
	struct dirent **list;
	char path[PATH_MAX];
	int fd, count, err = 0;
	ssize_t len;

	fd = bpffs_open_dir(stage_fd, STAGE_DROPS, O_RDONLY);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	count = scandirat(fd, ".", &list, NULL, alphasort);
	if (count < 0)
		err = -errno;
	for (int i = 0; i < count; i++) {
		if (!err && list[i]->d_name[0] != '.') {
			len = readlinkat(fd, list[i]->d_name, path, sizeof(path) - 1);
			path[len < 0 ? 0 : len] = '\0';
			if (len < 0)
				err = -errno;
			else if (*path == '/' || strstr(path, ".."))
				err = -EINVAL;
			else if (unlinkat(dir_fd, path, 0) && errno != ENOENT)
				err = -errno;
		}
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	close(fd);
	/* Unless something is in it. */
	unlinkat(dir_fd, DIRECTORY_CARRY, AT_REMOVEDIR);
	return err;
}

struct modes {
	mode_t pin;
	gid_t gid;
};

/* Maps only: whoever can open the pin of a program can attach it. */
static int set_mode(int dir_fd, const char *file, void *arg)
{
	const struct modes *modes = arg;
	char path[64];
	struct stat st;
	int fd, err = 0;

	if (!is_map(dir_fd, file))
		return 0;
	/* By the inode that was looked at: a symlink put in its place is not followed. */
	fd = openat(dir_fd, file, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = 0;
	else if (modes->gid != (gid_t)-1 && st.st_gid != modes->gid &&
	         fchownat(fd, "", -1, modes->gid, AT_EMPTY_PATH))
		err = -errno;
	else if ((st.st_mode & 07777) != modes->pin && chmod(path, modes->pin))
		err = -errno;
	close(fd);
	return err;
}

/* Root's alone, or readable for one group. */
static int set_modes(int dir_fd, __u32 group)
{
	bool shared = group != RECORD_NO_GROUP;
	struct modes modes = { .pin = shared ? 0440 : 0600, .gid = shared ? group : (gid_t)-1 };
	mode_t mode = shared ? 0750 : 0700;
	struct stat st;
	int err;

	err = pin_each(dir_fd, set_mode, &modes);
	if (err)
		return err;
	if (fstat(dir_fd, &st))
		return -errno;
	if (shared && st.st_gid != modes.gid && fchown(dir_fd, -1, modes.gid))
		return -errno;
	/* Only its owner may, even if there is nothing to change. */
	if ((st.st_mode & 07777) != mode && fchmod(dir_fd, mode))
		return -errno;
	return 0;
}

int publish_modes(int dir_fd, __u32 group)
{
	int egress_fd = bpffs_open_dir(dir_fd, DIRECTORY_EGRESS, O_RDONLY), err;

	if (egress_fd < 0)
		return egress_fd;
	err = set_modes(egress_fd, group);
	close(egress_fd);
	return err ? err : set_modes(dir_fd, group);
}

int publish_staged(int stage_fd, int dir_fd)
{
	int egress_fd = -1, staged_egress_fd = -1, err;
	struct record rec;

	err = record_read(stage_fd, STAGE_META, &rec);
	if (!err)
		err = skeleton_complete(dir_fd);
	if (err)
		return err;
	egress_fd = bpffs_open_dir(dir_fd, DIRECTORY_EGRESS, O_RDONLY);
	if (egress_fd < 0)
		return egress_fd;
	if (!faccessat(stage_fd, STAGE_DROP_ALL, F_OK, AT_SYMLINK_NOFOLLOW)) {
		err = pin_each(dir_fd, drop_pin, NULL);
		if (!err)
			err = pin_each(egress_fd, drop_pin, NULL);
		if (!err && unlinkat(stage_fd, STAGE_DROP_ALL, 0))
			err = -errno;
		if (err)
			goto out;
	}
	err = pin_each(stage_fd, move_pin, &dir_fd);
	if (err)
		goto out;
	staged_egress_fd = bpffs_open_dir(stage_fd, DIRECTORY_EGRESS, O_RDONLY);
	if (staged_egress_fd >= 0)
		err = pin_each(staged_egress_fd, move_pin, &egress_fd);
	/* After all pins are in place: what a replacement leaves may be among what goes. */
	if (!err)
		err = drop_named(stage_fd, dir_fd);
	if (!err)
		err = move_below(stage_fd, dir_fd, DIRECTORY_PROGS);
	if (!err)
		err = move_below(stage_fd, dir_fd, DIRECTORY_LINKS);
	if (!err)
		err = move_below(stage_fd, dir_fd, DIRECTORY_CARRY);
	if (!err)
		err = pin_each(dir_fd, drop_old_in_use, &rec);
	if (!err)
		err = pin_each(egress_fd, drop_old_in_use, &rec);
	if (!err)
		err = skeleton_link_egress(dir_fd, egress_fd);
	if (!err)
		err = publish_modes(dir_fd, rec.group);
	if (!err && renameat(stage_fd, STAGE_META, dir_fd, DIRECTORY_RECORD))
		err = -errno;
out:
	if (staged_egress_fd >= 0)
		close(staged_egress_fd);
	close(egress_fd);
	return err;
}
