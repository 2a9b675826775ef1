// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/listing.h"
#include "bpffs/places.h"

int places_look_in(int dir_fd, const char *place, const struct stat *st,
                   char path[PLACES_PATH_SIZE])
{
	struct listing all;
	int fd, ret;

	/* Each directory in it is one link to it more than its own two. */
	if (st->st_nlink <= 2)
		return 0;
	fd = bpffs_open_dir(dir_fd, place, O_RDONLY);
	if (fd < 0)
		return fd;
	ret = listing_read(&all, fd);
	for (size_t i = 0; !ret && i < all.len; i++) {
		if (!S_ISDIR(all.list[i].type))
			continue;
		snprintf(path, PLACES_PATH_SIZE, "%s/%.255s", place, all.list[i].name);
		ret = 1;
	}
	listing_free(&all);
	close(fd);
	return ret;
}

static int find_in(int dir_fd, const char *place, char path[PLACES_PATH_SIZE])
{
	struct stat st;

	if (fstatat(dir_fd, place, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	return places_look_in(dir_fd, place, &st, path);
}

int places_find_directory(int dir_fd, char path[PLACES_PATH_SIZE])
{
	int ret = find_in(dir_fd, DIRECTORY_LINKS, path);
	char place[NAME_SIZE];

	if (!ret)
		ret = find_in(dir_fd, DIRECTORY_CARRY, path);
	for (int hook = 0; !ret && hook < HOOKS; hook++) {
		snprintf(place, sizeof(place), "%s/%s", DIRECTORY_PROGS, hook_name(hook));
		ret = find_in(dir_fd, place, path);
	}
	return ret;
}
