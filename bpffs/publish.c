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

/* In %egress/, for a moment: a symlink that is to take the place of a pin. */
#define EGRESS_LINK "%link"

/* iproute2 appends /tc/globals, or /xdp/globals, or /ip/..., to TC_BPF_MNT: lead it back here. */
static const char *const back_links[] = { "tc", "xdp", "ip", "globals" };

/* Call visit for each file of a directory that has a map's name. The listing is taken first. */
static int each_pin(int dir_fd, int (*visit)(int dir_fd, const char *file, void *arg), void *arg)
{
	struct dirent **list;
	char map[NAME_SIZE];
	__u32 old_id;
	int count, err = 0;

	count = scandirat(dir_fd, ".", &list, NULL, alphasort);
	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		if (!err && !mapname_parse(list[i]->d_name, map, sizeof(map), &old_id))
			err = visit(dir_fd, list[i]->d_name, arg);
		free(list[i]);
	}
	free(list);
	return err;
}

static int make_back_links(int dir_fd)
{
	for (size_t i = 0; i < sizeof(back_links) / sizeof(back_links[0]); i++)
		if (symlinkat(".", dir_fd, back_links[i]) && errno != EEXIST)
			return -errno;
	return 0;
}

static int link_for_egress(int dir_fd, const char *file, void *arg)
{
	char target[NAME_SIZE + 3], map[NAME_SIZE];
	__u32 old_id, egress_id, flat_id;
	int egress_fd = *(int *)arg;
	struct stat st;

	if (mapname_parse(file, map, sizeof(map), &old_id) || old_id)
		return 0;
	if (!strcmp(map, DIRECTORY_TC_STATS) || fstatat(dir_fd, file, &st, AT_SYMLINK_NOFOLLOW) ||
	    !S_ISREG(st.st_mode))
		return 0;
	snprintf(target, sizeof(target), "../%s", file);
	if (!symlinkat(target, egress_fd, file))
		return 0;
	if (errno != EEXIST)
		return -errno;
	/* A pin of an egress map that became the flat one gives way, in one step. */
	if (pin_map_id(egress_fd, file, &egress_id) || pin_map_id(dir_fd, file, &flat_id) ||
	    egress_id != flat_id)
		return 0;
	if ((unlinkat(egress_fd, EGRESS_LINK, 0) && errno != ENOENT) ||
	    symlinkat(target, egress_fd, EGRESS_LINK) ||
	    renameat(egress_fd, EGRESS_LINK, egress_fd, file))
		return -errno;
	return 0;
}

int publish_skeleton(int dir_fd)
{
	int egress_fd, err;

	err = make_back_links(dir_fd);
	if (err)
		return err;
	if (mkdirat(dir_fd, DIRECTORY_EGRESS, 0700) && errno != EEXIST)
		return -errno;
	egress_fd = bpffs_open_dir(dir_fd, DIRECTORY_EGRESS, O_RDONLY);
	if (egress_fd < 0)
		return egress_fd;
	err = make_back_links(egress_fd);
	if (!err)
		err = each_pin(dir_fd, link_for_egress, &egress_fd);
	close(egress_fd);
	return err;
}

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

/*
 * Put a staged pin into its place. What was there under the same name stays as %old: a hard link
 * is made first, so that neither of the two is without a name at any time.
 */
static int move_pin(int stage_fd, const char *file, void *arg)
{
	int dir_fd = *(int *)arg, err;
	char old[NAME_SIZE];
	__u32 new_id, old_id;

	err = pin_map_id(stage_fd, file, &new_id);
	if (err)
		return err;
	if (!linkat(stage_fd, file, dir_fd, file, 0)) {
		if (unlinkat(stage_fd, file, 0))
			return -errno;
	} else if (errno != EEXIST) {
		return -errno;
	} else {
		err = pin_map_id(dir_fd, file, &old_id);
		if (err && err != -ELOOP) {
			note("%s is taken by something that is no map, and was left alone", file);
			return 0;
		}
		if (!err && old_id != new_id) {
			err = mapname_old(file, old_id, old, sizeof(old));
			if (err)
				return err;
			if (linkat(dir_fd, file, dir_fd, old, 0) && errno != EEXIST)
				return -errno;
		}
		if (renameat(stage_fd, file, dir_fd, file))
			return -errno;
		/* Two links to one inode: rename(2) does nothing then, and says so to nobody. */
		if (unlinkat(stage_fd, file, 0) && errno != ENOENT)
			return -errno;
	}
	/* A map that is back in use is no old one any more, and must not be counted twice. */
	if (!mapname_old(file, new_id, old, sizeof(old)) && unlinkat(dir_fd, old, 0) &&
	    errno != ENOENT)
		return -errno;
	return 0;
}

/* A map that is in use under another of our names is no old one either. */
static int drop_old_in_use(int dir_fd, const char *file, void *arg)
{
	const struct record *rec = arg;
	char map[NAME_SIZE];
	__u32 old_id;

	if (mapname_parse(file, map, sizeof(map), &old_id) || !old_id)
		return 0;
	for (int hook = 0; hook < HOOKS; hook++)
		if (record_has_map(rec, hook, old_id))
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
			if (len < 0 || (unlinkat(dir_fd, path, 0) && errno != ENOENT))
				err = -errno;
		}
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	close(fd);
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
	struct stat st;

	if (fstatat(dir_fd, file, &st, AT_SYMLINK_NOFOLLOW) || !is_map(dir_fd, file))
		return 0;
	if (modes->gid != (gid_t)-1 && st.st_gid != modes->gid &&
	    fchownat(dir_fd, file, -1, modes->gid, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if ((st.st_mode & 07777) != modes->pin && fchmodat(dir_fd, file, modes->pin, 0))
		return -errno;
	return 0;
}

/* Root's alone, or readable for one group. */
static int set_modes(int dir_fd, __u32 group)
{
	bool shared = group != RECORD_NO_GROUP;
	struct modes modes = { .pin = shared ? 0440 : 0600, .gid = shared ? group : (gid_t)-1 };
	mode_t mode = shared ? 0750 : 0700;
	struct stat st;
	int err;

	err = each_pin(dir_fd, set_mode, &modes);
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

int publish_staged(int stage_fd, int dir_fd)
{
	int egress_fd = -1, staged_egress_fd = -1, err;
	struct record rec;

	err = record_read(stage_fd, STAGE_META, &rec);
	if (!err)
		err = publish_skeleton(dir_fd);
	if (err)
		return err;
	egress_fd = bpffs_open_dir(dir_fd, DIRECTORY_EGRESS, O_RDONLY);
	if (egress_fd < 0)
		return egress_fd;
	if (!faccessat(stage_fd, STAGE_DROP_ALL, F_OK, AT_SYMLINK_NOFOLLOW)) {
		err = each_pin(dir_fd, drop_pin, NULL);
		if (!err)
			err = each_pin(egress_fd, drop_pin, NULL);
		if (!err && unlinkat(stage_fd, STAGE_DROP_ALL, 0))
			err = -errno;
		if (err)
			goto out;
	}
	err = each_pin(stage_fd, move_pin, &dir_fd);
	if (!err)
		err = drop_named(stage_fd, dir_fd);
	if (!err)
		err = move_below(stage_fd, dir_fd, DIRECTORY_PROGS);
	if (!err)
		err = move_below(stage_fd, dir_fd, DIRECTORY_LINKS);
	if (err)
		goto out;
	staged_egress_fd = bpffs_open_dir(stage_fd, DIRECTORY_EGRESS, O_RDONLY);
	if (staged_egress_fd >= 0)
		err = each_pin(staged_egress_fd, move_pin, &egress_fd);
	if (!err)
		err = each_pin(dir_fd, drop_old_in_use, &rec);
	if (!err)
		err = each_pin(egress_fd, drop_old_in_use, &rec);
	if (!err)
		err = each_pin(dir_fd, link_for_egress, &egress_fd);
	if (!err)
		err = set_modes(egress_fd, rec.group);
	if (!err)
		err = set_modes(dir_fd, rec.group);
	if (!err && renameat(stage_fd, STAGE_META, dir_fd, DIRECTORY_RECORD))
		err = -errno;
out:
	if (staged_egress_fd >= 0)
		close(staged_egress_fd);
	close(egress_fd);
	return err;
}
