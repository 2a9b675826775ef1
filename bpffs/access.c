// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/log.h"

bool access_privileged(void)
{
	cap_flag_value_t bpf = CAP_CLEAR, admin = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	if (!caps)
		return false;
	cap_get_flag(caps, CAP_BPF, CAP_EFFECTIVE, &bpf);
	cap_get_flag(caps, CAP_SYS_ADMIN, CAP_EFFECTIVE, &admin);
	cap_free(caps);
	return bpf == CAP_SET || admin == CAP_SET;
}

static int find_group(const char *group, __u32 *gid)
{
	struct group *entry = getgrnam(group);
	unsigned long long number;
	char *end;

	if (entry) {
		*gid = entry->gr_gid;
		return 0;
	}
	/* A sign would wrap around. */
	if (*group < '0' || *group > '9')
		return -ENOENT;
	errno = 0;
	number = strtoull(group, &end, 10);
	if (errno || *end || number >= (__u32)-1)
		return -ENOENT;
	*gid = (__u32)number;
	return 0;
}

static bool group_writes(const struct stat *st, gid_t gid)
{
	return st->st_mode & S_IWOTH || (st->st_mode & S_IWGRP && st->st_gid == gid);
}

/* The first directory at or below fd, which is closed, that the group can write; path names it. */
static bool find_writable(int fd, gid_t gid, char *path)
{
	size_t len = strlen(path);
	struct dirent *entry;
	bool found = false;
	struct stat st;
	DIR *stream;

	if (!fstat(fd, &st) && group_writes(&st, gid)) {
		close(fd);
		return true;
	}
	stream = fdopendir(fd);
	if (!stream) {
		close(fd);
		return false;
	}
	while (!found && (entry = readdir(stream))) {
		int below_fd;

		if (entry->d_name[0] == '.')
			continue;
		below_fd =
			openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below_fd < 0)
			continue;
		if (snprintf(path + len, PATH_MAX - len, "/%s", entry->d_name) <
		    (int)(PATH_MAX - len))
			found = find_writable(below_fd, gid, path);
		else
			close(below_fd);
	}
	closedir(stream);
	if (!found)
		path[len] = '\0';
	return found;
}

int access_check_group(const struct bpffs *fs, const char *group, __u32 *gid)
{
	char path[PATH_MAX];
	struct stat st;
	int fd, err;

	err = find_group(group, gid);
	if (err) {
		failed(err, "cannot find group %s", group);
		hint("list the groups: getent group");
		return err;
	}
	fd = openat(fs->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		err = failed(-errno, "cannot look at %s", fs->path);
		if (fd >= 0)
			close(fd);
		return err;
	}
	if (!(st.st_mode & S_IXOTH) && !(st.st_mode & S_IXGRP && st.st_gid == *gid)) {
		close(fd);
		failed(-EACCES, "cannot let group %s read: it cannot enter %s (mode %04o)", group,
		       fs->path, st.st_mode & 07777);
		hint("let everybody pass through it, but not list it: chmod 0711 %s", fs->path);
		return -EACCES;
	}
	strcpy(path, fs->path);
	if (!find_writable(fd, *gid, path))
		return 0;
	failed(-EPERM,
	       "cannot let group %s read: it can write %s, and with that make any map that "
	       "it can read its own to write",
	       group, path);
	hint("take that away first: chmod %s '%s'", strcmp(path, fs->path) ? "go-w" : "0711", path);
	return -EPERM;
}
