// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "bpffs/directory.h"
#include "bpffs/directory_each.h"
#include "bpffs/known.h"
#include "bpffs/lock.h"
#include "bpffs/turn.h"

/* The root, the directory below it, the lock. */
#define LOCK_PATH_SIZE (PATH_MAX * 2 + 16)

/* The lock of the directory that the interface has now, under whatever name; or -ENOENT. */
static int open_lock(const struct bpffs *fs, const struct interface *iface,
                     char path[LOCK_PATH_SIZE])
{
	char relative[PATH_MAX], lock[PATH_MAX + sizeof(DIRECTORY_LOCK)];
	struct directory renamed;
	int dir_fd, fd;

	if (bpffs_relative(fs, iface->name, &iface->netns, relative))
		return -ENOENT;
	if (bpffs_check_dir(fs->fd, relative) != -ENOENT) {
		snprintf(lock, sizeof(lock), "%s/%s", relative, DIRECTORY_LOCK);
		snprintf(path, LOCK_PATH_SIZE, "%s/%s", fs->path, lock);
		return bpffs_open_dir(fs->fd, lock, O_RDONLY);
	}
	known_note_absent(fs, relative);
	if (directory_find_renamed(&renamed, fs, iface))
		return -ENOENT;
	snprintf(relative, sizeof(relative), "%s", renamed.relative);
	dir_fd = renamed.fd;
	snprintf(path, LOCK_PATH_SIZE, "%s/%s/%s", fs->path, relative, DIRECTORY_LOCK);
	fd = bpffs_open_dir(dir_fd, DIRECTORY_LOCK, O_RDONLY);
	close(dir_fd);
	return fd;
}

int turn_take(struct bpffs *fs, const struct interface *iface)
{
	char path[LOCK_PATH_SIZE];
	bool free_lock;
	int fd, err;

	while (!(err = bpffs_lock(fs))) {
		/* What is wrong with the directory is told by who uses it. */
		fd = open_lock(fs, iface, path);
		if (fd < 0)
			return 0;
		free_lock = !lock_try(fd);
		if (!free_lock) {
			bpffs_unlock(fs);
			err = lock_wait(fd, path);
		}
		close(fd);
		if (free_lock || err)
			return err;
	}
	return err;
}
