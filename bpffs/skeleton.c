// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/bpffs.h"
#include "bpffs/directory.h"
#include "bpffs/pin.h"
#include "bpffs/skeleton.h"

/* In %egress/, for a moment: a symlink that is to take the place of a pin. */
#define EGRESS_LINK "%link"

/* iproute2 appends /tc/globals, or /xdp/globals, or /ip/..., to TC_BPF_MNT: lead it back here. */
static const char *const back_links[] = { "tc", "xdp", "ip", "globals" };

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

/* A symlink to a flat map that is gone would make tc fail: it is neither there nor free. */
static int drop_dangling(int egress_fd, const char *file, void *arg)
{
	struct stat st;

	(void)arg;
	if (fstatat(egress_fd, file, &st, AT_SYMLINK_NOFOLLOW) || !S_ISLNK(st.st_mode) ||
	    !fstatat(egress_fd, file, &st, 0))
		return 0;
	return unlinkat(egress_fd, file, 0) && errno != ENOENT ? -errno : 0;
}

int skeleton_link_egress(int dir_fd, int egress_fd)
{
	int err = pin_each(egress_fd, drop_dangling, NULL);

	return err ? err : pin_each(dir_fd, link_for_egress, &egress_fd);
}

int skeleton_complete(int dir_fd)
{
	int egress_fd, err;

	err = make_back_links(dir_fd);
	if (err)
		return err;
	if (mkdirat(dir_fd, DIRECTORY_LOCK, 0700) && errno != EEXIST)
		return -errno;
	if (mkdirat(dir_fd, DIRECTORY_EGRESS, 0700) && errno != EEXIST)
		return -errno;
	egress_fd = bpffs_open_dir(dir_fd, DIRECTORY_EGRESS, O_RDONLY);
	if (egress_fd < 0)
		return egress_fd;
	err = make_back_links(egress_fd);
	if (!err)
		err = skeleton_link_egress(dir_fd, egress_fd);
	close(egress_fd);
	return err;
}

const char *skeleton_obstacle(int dir_fd)
{
	char target[4];

	for (size_t i = 0; i < sizeof(back_links) / sizeof(back_links[0]); i++)
		if (readlinkat(dir_fd, back_links[i], target, sizeof(target)) != 1 ||
		    target[0] != '.')
			return back_links[i];
	return NULL;
}

bool skeleton_only(int dir_fd)
{
	struct dirent **list;
	struct stat st;
	bool only = true;
	int count, fd;

	count = scandirat(dir_fd, ".", &list, NULL, NULL);
	if (count < 0)
		return false;
	for (int i = 0; i < count; i++) {
		const char *file = list[i]->d_name;

		if (!strcmp(file, DIRECTORY_EGRESS) || !strcmp(file, DIRECTORY_LOCK)) {
			fd = bpffs_open_dir(dir_fd, file, O_RDONLY);
			only &= fd >= 0 && skeleton_only(fd);
			if (fd >= 0)
				close(fd);
		} else if (strcmp(file, ".") && strcmp(file, "..")) {
			only &= !fstatat(dir_fd, file, &st, AT_SYMLINK_NOFOLLOW) &&
			        S_ISLNK(st.st_mode) && strcmp(file, DIRECTORY_RECORD) != 0;
		}
		free(list[i]);
	}
	free(list);
	return only;
}
