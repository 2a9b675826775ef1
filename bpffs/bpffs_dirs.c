// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Directories of the layout: only those of root or ours, and none through a symlink. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/bpffs.h"
#include "bpffs/log.h"

bool bpffs_trusts(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

/* Also says what it is. */
static int open_dir(int parent_fd, const char *name, int flags, struct stat *st)
{
	int fd, err = 0;

	fd = openat(parent_fd, name, flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, st))
		err = -errno;
	else if (!bpffs_trusts(st))
		err = -EPERM;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int bpffs_open_dir(int parent_fd, const char *name, int flags)
{
	struct stat st;

	return open_dir(parent_fd, name, flags, &st);
}

int bpffs_describe_dir(int parent_fd, const char *name, struct stat *st)
{
	if (fstatat(parent_fd, name, st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (!S_ISDIR(st->st_mode))
		return S_ISLNK(st->st_mode) ? -ELOOP : -ENOTDIR;
	return bpffs_trusts(st) ? 0 : -EPERM;
}

int bpffs_check_dir(int parent_fd, const char *name)
{
	struct stat st;

	return bpffs_describe_dir(parent_fd, name, &st);
}

int bpffs_make_dir(int parent_fd, const char *name, mode_t mode)
{
	struct stat st;
	int fd = open_dir(parent_fd, name, O_RDONLY, &st);

	if (fd == -ENOENT) {
		if (mkdirat(parent_fd, name, mode) && errno != EEXIST)
			return -errno;
		fd = open_dir(parent_fd, name, O_RDONLY, &st);
	}
	if (fd < 0)
		return fd;
	/* The umask may have had a say. */
	if ((st.st_mode & 07777) != mode && fchmod(fd, mode)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

int bpffs_refused(int err, int parent_fd, const char *name, const char *path)
{
	struct stat st;

	if (fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW)) {
		failed(err, "cannot use %s", path);
		if (err == -EACCES)
			access_hint(NULL);
		else if (err == -EROFS)
			bpffs_hint_readonly(NULL);
		return err;
	}
	if (S_ISLNK(st.st_mode)) {
		failed(err, "cannot use %s, a symlink made by uid %u", path, st.st_uid);
		hint("see where it leads, then remove it: rm '%s'", path);
	} else if (!S_ISDIR(st.st_mode)) {
		failed(err, "cannot use %s, which is no directory", path);
		hint("see what it is, then remove it: rm '%s'", path);
	} else if (!bpffs_trusts(&st)) {
		failed(err, "cannot use %s, a directory that belongs to uid %u", path, st.st_uid);
		hint("whoever made it can change the pins in it: move it away or remove it");
	} else {
		failed(err, "cannot use %s", path);
		if (err == -EACCES || err == -EPERM)
			access_hint(NULL);
	}
	return err;
}
