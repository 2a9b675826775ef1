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

/* NULL for what is there: nothing is, or it is not known. */
static int make_back_links(int dir_fd, const struct listing *there)
{
	for (size_t i = 0; i < sizeof(back_links) / sizeof(back_links[0]); i++)
		if (!(there && listing_find(there, back_links[i])) &&
		    symlinkat(".", dir_fd, back_links[i]) && errno != EEXIST)
			return -errno;
	return 0;
}

/* A pin of an egress map that became the flat one gives way to a symlink, in one step. */
static int give_way(const struct skeleton *s, const char *file, const char *target)
{
	__u32 egress_id, flat_id;

	if (pin_map_id(s->egress_fd, file, &egress_id) || pin_map_id(s->dir_fd, file, &flat_id) ||
	    egress_id != flat_id)
		return 0;
	if ((unlinkat(s->egress_fd, EGRESS_LINK, 0) && errno != ENOENT) ||
	    symlinkat(target, s->egress_fd, EGRESS_LINK) ||
	    renameat(s->egress_fd, EGRESS_LINK, s->egress_fd, file))
		return -errno;
	return 0;
}

static int link_for_egress(const struct skeleton *s, const struct listed *flat)
{
	const struct listed *there = listing_find(&s->egress, flat->name);
	char target[NAME_SIZE + 3], map[NAME_SIZE];
	struct stat st;
	__u32 old_id;

	if (!S_ISREG(flat->type) || mapname_parse(flat->name, map, sizeof(map), &old_id) ||
	    old_id || !strcmp(map, DIRECTORY_TC_STATS) || (there && S_ISLNK(there->type)))
		return 0;
	/* Gone since it was listed. */
	if (fstatat(s->dir_fd, flat->name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
		return 0;
	snprintf(target, sizeof(target), "../%s", flat->name);
	if (!symlinkat(target, s->egress_fd, flat->name))
		return 0;
	return errno == EEXIST ? give_way(s, flat->name, target) : -errno;
}

/* A symlink to a flat map that is gone would make tc fail: it is neither there nor free. */
static int drop_dangling(const struct skeleton *s, struct listed *link)
{
	char map[NAME_SIZE];
	struct stat st;
	__u32 old_id;

	if (!S_ISLNK(link->type) || mapname_parse(link->name, map, sizeof(map), &old_id) ||
	    !fstatat(s->egress_fd, link->name, &st, 0))
		return 0;
	link->type = 0;
	return unlinkat(s->egress_fd, link->name, 0) && errno != ENOENT ? -errno : 0;
}

int skeleton_list(struct skeleton *s, int dir_fd, int egress_fd)
{
	int err;

	*s = (struct skeleton){ .dir_fd = dir_fd, .egress_fd = egress_fd };
	err = listing_read(&s->dir, dir_fd);
	if (!err)
		err = listing_read(&s->egress, egress_fd);
	if (err)
		skeleton_free(s);
	return err;
}

void skeleton_free(struct skeleton *s)
{
	listing_free(&s->dir);
	listing_free(&s->egress);
}

int skeleton_complete_listed(struct skeleton *s)
{
	int err = make_back_links(s->dir_fd, &s->dir);

	if (!err && !listing_find(&s->dir, DIRECTORY_LOCK) &&
	    mkdirat(s->dir_fd, DIRECTORY_LOCK, 0700) && errno != EEXIST)
		err = -errno;
	if (!err)
		err = make_back_links(s->egress_fd, &s->egress);
	for (size_t i = 0; !err && i < s->egress.len; i++)
		err = drop_dangling(s, &s->egress.list[i]);
	for (size_t i = 0; !err && i < s->dir.len; i++)
		err = link_for_egress(s, &s->dir.list[i]);
	return err;
}

int skeleton_open_egress(int dir_fd)
{
	int fd = bpffs_open_dir(dir_fd, DIRECTORY_EGRESS, O_RDONLY);

	if (fd != -ENOENT)
		return fd;
	if (mkdirat(dir_fd, DIRECTORY_EGRESS, 0700) && errno != EEXIST)
		return -errno;
	return bpffs_open_dir(dir_fd, DIRECTORY_EGRESS, O_RDONLY);
}

int skeleton_fill(int dir_fd)
{
	char path[sizeof(DIRECTORY_EGRESS) + 16];

	if (mkdirat(dir_fd, DIRECTORY_LOCK, 0700) || mkdirat(dir_fd, DIRECTORY_EGRESS, 0700))
		return -errno;
	for (size_t i = 0; i < sizeof(back_links) / sizeof(back_links[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", DIRECTORY_EGRESS, back_links[i]);
		if (symlinkat(".", dir_fd, path))
			return -errno;
	}
	return make_back_links(dir_fd, NULL);
}

int skeleton_link_for_egress(int dir_fd, const char *file)
{
	char target[NAME_SIZE + 3], path[sizeof(DIRECTORY_EGRESS) + NAME_SIZE];

	/* Of that one, the egress hook has its own. */
	if (!strcmp(file, DIRECTORY_TC_STATS))
		return 0;
	snprintf(target, sizeof(target), "../%s", file);
	snprintf(path, sizeof(path), "%s/%s", DIRECTORY_EGRESS, file);
	return symlinkat(target, dir_fd, path) ? -errno : 0;
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

int skeleton_only(int dir_fd)
{
	struct dirent **list;
	struct stat st;
	int count, fd, only = 1;

	count = scandirat(dir_fd, ".", &list, NULL, NULL);
	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		const char *file = list[i]->d_name;

		if (only == 1 &&
		    (!strcmp(file, DIRECTORY_EGRESS) || !strcmp(file, DIRECTORY_LOCK))) {
			fd = bpffs_open_dir(dir_fd, file, O_RDONLY);
			only = fd < 0 ? fd : skeleton_only(fd);
			if (fd >= 0)
				close(fd);
		} else if (only == 1 && strcmp(file, ".") && strcmp(file, "..")) {
			only = !fstatat(dir_fd, file, &st, AT_SYMLINK_NOFOLLOW) &&
			       S_ISLNK(st.st_mode) && strcmp(file, DIRECTORY_RECORD) != 0;
		}
		free(list[i]);
	}
	free(list);
	return only;
}

/* A symlink of the skeleton, and nothing else of that name. */
static void remove_back_links(int parent_fd, const char *dir)
{
	char path[PATH_MAX + NAME_SIZE], target[4];

	for (size_t i = 0; i < sizeof(back_links) / sizeof(back_links[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, back_links[i]);
		if (readlinkat(parent_fd, path, target, sizeof(target)) == 1)
			unlinkat(parent_fd, path, 0);
	}
}

int skeleton_remove(int parent_fd, const char *relative)
{
	static const char *const below[] = { DIRECTORY_EGRESS, DIRECTORY_LOCK };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		if (snprintf(path, sizeof(path), "%s/%s", relative, below[i]) >= (int)sizeof(path))
			return -ENAMETOOLONG;
		remove_back_links(parent_fd, path);
		if (unlinkat(parent_fd, path, AT_REMOVEDIR) && errno != ENOENT)
			return -errno;
	}
	remove_back_links(parent_fd, relative);
	return unlinkat(parent_fd, relative, AT_REMOVEDIR) ? -errno : 0;
}
