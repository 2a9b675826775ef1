// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/listing.h"
#include "bpffs/name.h"
#include "bpffs/pin.h"

/* "/proc/self/fd/<fd>/<file>", or %progs/<hook>/<file> */
#define FD_PATH_SIZE (64 + NAME_SIZE)

static const struct {
	const char *word;
	const char *anon_inode;
} kinds[] = {
	[PIN_MAP] = { "map", "anon_inode:bpf-map" },
	[PIN_PROG] = { "program", "anon_inode:bpf-prog" },
	[PIN_LINK] = { "link", "anon_inode:bpf_link" },
};

const char *pin_kind_name(enum pin_kind kind)
{
	return kinds[kind].word;
}

int pin_kind_of(int bpf_fd)
{
	char path[FD_PATH_SIZE], target[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", bpf_fd);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	for (int kind = PIN_MAP; kind <= PIN_LINK; kind++)
		if (!strcmp(target, kinds[kind].anon_inode) ||
		    (kind == PIN_LINK && !strcmp(target, "anon_inode:bpf-link")))
			return kind;
	return -EINVAL;
}

int pin_open(int dir_fd, const char *file, __u32 flags)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = flags);
	char path[FD_PATH_SIZE];
	struct stat st;
	int inode_fd, fd;

	/* Look the name up once, and not through a symlink; then open exactly that inode. */
	inode_fd = openat(dir_fd, file, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (inode_fd < 0)
		return -errno;
	if (fstat(inode_fd, &st)) {
		fd = -errno;
	} else if (S_ISLNK(st.st_mode)) {
		fd = -ELOOP;
	} else if (!S_ISREG(st.st_mode)) {
		fd = -EINVAL;
	} else {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", inode_fd);
		fd = bpf_obj_get_opts(path, &opts);
		if (fd < 0)
			fd = -errno;
		/* The pin is there: what is not there is the way to it. */
		if (fd == -ENOENT && !pin_has_proc())
			fd = -ENOSYS;
	}
	close(inode_fd);
	return fd;
}

int map_describe(int map_fd, struct bpf_map_info *info)
{
	__u32 len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(map_fd, info, &len) ? -errno : 0;
}

/* Only /proc says it; the kernel answers EPERM to a second BPF_MAP_FREEZE, or EBUSY. */
bool map_is_frozen(int map_fd)
{
	char path[64], line[128];
	bool frozen = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", map_fd);
	file = fopen(path, "re");
	while (file && !frozen && fgets(line, sizeof(line), file))
		frozen = !strcmp(line, "frozen:\t1\n");
	if (file)
		fclose(file);
	return frozen;
}

int pin_open_map(int dir_fd, const char *file, __u32 flags, struct bpf_map_info *info)
{
	int fd, err;

	fd = pin_open(dir_fd, file, flags);
	if (fd < 0)
		return fd;
	err = pin_kind_of(fd) == PIN_MAP ? map_describe(fd, info) : -EINVAL;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int pin_map_id(int dir_fd, const char *file, __u32 *id)
{
	struct bpf_map_info info;
	int fd;

	fd = pin_open_map(dir_fd, file, BPF_F_RDONLY, &info);
	if (fd < 0)
		return fd;
	close(fd);
	*id = info.id;
	return 0;
}

int pin_prog_id(int dir_fd, const char *file, __u32 *id)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = pin_open(dir_fd, file, 0), err = 0;

	*id = 0;
	if (fd < 0)
		return fd == -EINVAL || fd == -ELOOP || fd == -ENOENT ? 0 : fd;
	if (pin_kind_of(fd) == PIN_PROG) {
		if (bpf_obj_get_info_by_fd(fd, &info, &len))
			err = -errno;
		*id = info.id;
	}
	close(fd);
	return err;
}

bool pin_has_proc(void)
{
	return !access("/proc/self/fd", F_OK);
}

int pin_create(int dir_fd, const char *file, int bpf_fd)
{
	char path[FD_PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir_fd, file);
	return bpf_obj_pin(bpf_fd, path) ? -errno : 0;
}

int pin_each_listed(int dir_fd, const struct listing *listing,
                    int (*visit)(int dir_fd, const char *file, void *arg), void *arg)
{
	char map[NAME_SIZE];
	__u32 old_id;
	int err = 0;

	for (size_t i = 0; !err && i < listing->len; i++)
		if (!mapname_parse(listing->list[i].name, map, sizeof(map), &old_id))
			err = visit(dir_fd, listing->list[i].name, arg);
	return err;
}

int pin_each(int dir_fd, int (*visit)(int dir_fd, const char *file, void *arg), void *arg)
{
	struct listing listing;
	int err = listing_read(&listing, dir_fd);

	if (!err)
		err = pin_each_listed(dir_fd, &listing, visit, arg);
	listing_free(&listing);
	return err;
}
