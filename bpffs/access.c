// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/log.h"
#include "bpffs/mounts.h"
#include "bpffs/number.h"

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

int access_user_namespace(char *evidence, size_t size)
{
	unsigned int inside, outside, count;
	FILE *in = fopen("/proc/self/uid_map", "re");
	int fields;

	if (!in)
		return -errno;
	fields = fscanf(in, "%u %u %u", &inside, &outside, &count);
	fclose(in);
	if (fields != 3)
		return -ENODATA;
	snprintf(evidence, size, "%u %u %u", inside, outside, count);
	return inside != 0 || outside != 0 || count != (unsigned int)-1;
}

void access_hint(const char *caps)
{
	char map[64];

	if (access_user_namespace(map, sizeof(map)) > 0)
		hint("leave this user namespace: capabilities count in the initial one");
	else if (caps)
		hint("run as root, or with %s", caps);
	else
		hint("run as root");
}

int access_programs_refused(int err, const char *ifname, const char *caps)
{
	failed(err, "cannot open the programs on %s by their ids", ifname);
	if (err == -EPERM)
		access_hint(caps);
	return err;
}

static int find_group(const char *group, __u32 *gid)
{
	struct group *entry = getgrnam(group);
	__u64 number;

	if (entry) {
		*gid = entry->gr_gid;
		return 0;
	}
	/* The last is nobody's: chown(2) leaves all as it is. */
	if (!number_parse(group, UINT32_MAX - 1, &number))
		return -ENOENT;
	*gid = (__u32)number;
	return 0;
}

/* Another owner may be a member of the group: only root's directories are above suspicion. */
static bool others_write(const struct stat *st, gid_t gid)
{
	return st->st_mode & S_IWOTH || (st->st_mode & S_IWGRP && st->st_gid == gid) ||
	       (st->st_mode & S_IWUSR && st->st_uid != 0);
}

/*
 * Find a directory at or below fd, which is closed, that others than root can write; path names it.
 * Returns 1 if there is one, 0, or a negative errno: what was not seen is not trusted.
 */
static int find_writable(int fd, gid_t gid, char *path)
{
	size_t len = strlen(path);
	struct dirent *entry;
	struct stat st;
	int ret = 0;
	DIR *stream;

	stream = fstat(fd, &st) ? NULL : fdopendir(fd);
	if (!stream) {
		ret = -errno;
		close(fd);
		return ret;
	}
	if (others_write(&st, gid))
		ret = 1;
	while (!ret && (entry = readdir(stream))) {
		int below_fd;

		if (entry->d_name[0] == '.' ||
		    fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode))
			continue;
		if (snprintf(path + len, PATH_MAX - len, "/%s", entry->d_name) >=
		    (int)(PATH_MAX - len)) {
			ret = -ENAMETOOLONG;
			break;
		}
		below_fd =
			openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		ret = below_fd < 0 ? -errno : find_writable(below_fd, gid, path);
	}
	closedir(stream);
	if (!ret)
		path[len] = '\0';
	return ret;
}

struct mounts_search {
	gid_t gid;
	char path[PATH_MAX];
};

/* A pin can be made in any BPF filesystem, not only in the one where the map was found. */
static int search_mount(const struct mount *mount, void *arg)
{
	struct mounts_search *search = arg;
	struct stat st;
	int fd;

	if (strcmp(mount->fstype, "bpf"))
		return 0;
	strcpy(search->path, mount->point);
	fd = open(mount->point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Something else may be mounted over it. */
	if (fstat(fd, &st) || st.st_dev != mount->dev) {
		close(fd);
		return 0;
	}
	return find_writable(fd, search->gid, search->path);
}

int access_check_group(const struct bpffs *fs, const char *group, __u32 *gid)
{
	struct mounts_search search;
	struct stat st;
	int err;

	err = find_group(group, gid);
	if (err) {
		failed(err, "cannot find group %s", group);
		hint("list the groups: getent group");
		return err;
	}
	if (fstat(fs->fd, &st))
		return failed(-errno, "cannot look at %s", fs->path);
	if (!(st.st_mode & S_IXOTH) && !(st.st_mode & S_IXGRP && st.st_gid == *gid)) {
		rejected(-EACCES, "cannot let group %s read: it cannot enter %s (mode %04o)", group,
		         fs->path, st.st_mode & 07777);
		hint("let everybody pass through it, but not list it: chmod 0711 '%s'", fs->path);
		return -EACCES;
	}
	search.gid = *gid;
	err = mounts_each("/proc/self/mountinfo", search_mount, &search);
	if (!err)
		return 0;
	if (err < 0)
		return failed(err, "cannot let group %s read: cannot look through %s", group,
		              search.path);
	rejected(-EPERM,
	         "cannot let group %s read: others than root can write %s, and with that make any "
	         "map that they can read theirs to write",
	         group, search.path);
	hint("take that away first: chmod %s '%s'", strcmp(fs->path, search.path) ? "go-w" : "0711",
	     search.path);
	return -EPERM;
}
