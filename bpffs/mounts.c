// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "bpffs/mounts.h"

/* Spaces and the like are written as three octal digits behind a backslash. */
static void unescape(const char *from, char *to, size_t size)
{
	size_t len = 0;

	while (*from && len + 1 < size) {
		unsigned int c;

		if (sscanf(from, "\\%3o", &c) == 1) {
			to[len++] = (char)c;
			from += 4;
		} else {
			to[len++] = *from++;
		}
	}
	to[len] = '\0';
}

/* 36 35 98:0 /root /point options [optional fields] - fstype source options */
static int parse_line(char *line, struct mount *mount)
{
	char *fields[5], *save, *tail;
	unsigned int major, minor;

	tail = strstr(line, " - ");
	if (!tail)
		return -EINVAL;
	*tail = '\0';
	for (int i = 0; i < 5; i++) {
		fields[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!fields[i])
			return -EINVAL;
	}
	if (sscanf(fields[2], "%u:%u", &major, &minor) != 2)
		return -EINVAL;
	mount->dev = makedev(major, minor);
	unescape(fields[4], mount->point, sizeof(mount->point));
	fields[0] = strtok_r(tail + 3, " ", &save);
	fields[1] = fields[0] ? strtok_r(NULL, " ", &save) : NULL;
	if (!fields[0])
		return -EINVAL;
	unescape(fields[0], mount->fstype, sizeof(mount->fstype));
	unescape(fields[1] ? fields[1] : "", mount->source, sizeof(mount->source));
	return 0;
}

int mounts_each(const char *file, int (*visit)(const struct mount *mount, void *arg), void *arg)
{
	struct mount *mount;
	char *line = NULL;
	size_t size = 0;
	int ret = 0;
	FILE *in;

	in = fopen(file, "re");
	if (!in)
		return -errno;
	mount = malloc(sizeof(*mount));
	if (!mount)
		ret = -ENOMEM;
	while (!ret && getline(&line, &size, in) > 0)
		if (!parse_line(line, mount))
			ret = visit(mount, arg);
	free(mount);
	free(line);
	fclose(in);
	return ret;
}

/* What is mounted at /sys: the last one covers the others. */
struct sys_mount {
	dev_t dev;
	bool found, named_netns;
};

static int find_sys(const struct mount *mount, void *arg)
{
	struct sys_mount *sys = arg;
	char path[PATH_MAX + 16];

	if (strcmp(mount->point, "/sys") || strcmp(mount->fstype, "sysfs"))
		return 0;
	sys->found = true;
	sys->dev = mount->dev;
	/* ip(8) names the namespace as the source of the /sys that it mounts. */
	snprintf(path, sizeof(path), "/run/netns/%s", mount->source);
	sys->named_netns = *mount->source && !access(path, F_OK);
	return 0;
}

bool mounts_private_sys(void)
{
	struct sys_mount ours = {}, init = {};

	mounts_each("/proc/self/mountinfo", find_sys, &ours);
	mounts_each("/proc/1/mountinfo", find_sys, &init);
	return ours.found && (ours.named_netns || (init.found && init.dev != ours.dev));
}

bool mounts_free_place(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), entries = 0;
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct stat here, above;
	bool same;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	same = !fstat(fd, &here) && !fstatat(fd, "..", &above, 0) && here.st_dev == above.st_dev &&
	       here.st_ino != above.st_ino;
	while (entries < 3 && readdir(stream))
		entries++;
	closedir(stream);
	return same && entries == 2; /* "." and ".." */
}

struct first {
	const char *fstype;
	char *point;
};

static int match_fstype(const struct mount *mount, void *arg)
{
	const struct first *first = arg;

	if (strcmp(mount->fstype, first->fstype) != 0)
		return 0;
	strcpy(first->point, mount->point);
	return 1;
}

bool mounts_first(const char *fstype, char point[PATH_MAX])
{
	struct first first = { .fstype = fstype, .point = point };

	return mounts_each("/proc/self/mountinfo", match_fstype, &first) == 1;
}
