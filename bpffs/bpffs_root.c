// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Where the BPF filesystem is; one is mounted there if a writer finds none. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "bpffs/bpffs_internal.h"
#include "bpffs/cli.h"
#include "bpffs/lock.h"
#include "bpffs/log.h"
#include "bpffs/mounts.h"
#include "compat/libbpf.h"

static bool is_bpffs(int fd)
{
	struct statfs sfs;

	return !fstatfs(fd, &sfs) && (__u32)sfs.f_type == BPF_FS_MAGIC;
}

/* Open the root if a BPF filesystem is there: a descriptor, -ENODEV if not, another errno. */
static int open_root(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (is_bpffs(fd))
		return fd;
	close(fd);
	return -ENODEV;
}

static int refuse_private_sys(const char *path)
{
	rejected(-ENODEV,
	         "cannot find a BPF filesystem at %s, and this shell has a /sys of its own", path);
	hint("'ip netns exec' and 'ip -n' mount a private /sys; pins made in it vanish with it.");
	hint("leave it and name the namespace to the tool: --netns NAME");
	hint("or enter only the network namespace: nsenter --net=/run/netns/NAME");
	return -ENODEV;
}

/* Mount a BPF filesystem; two tools at once must not mount one over the other. */
static int mount_root(const char *path)
{
	int mount_fd, fd, err = 0;

	mount_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mount_fd < 0)
		return -errno;
	err = lock_wait(mount_fd, path);
	if (err)
		goto out;
	fd = open_root(path);
	if (fd >= 0) {
		close(fd);
		goto out;
	}
	if (mount("bpf", path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		err = -errno;
	else
		note("mounted a BPF filesystem at %s", path);
out:
	close(mount_fd);
	return err;
}

int bpffs_probe(void)
{
	const char *named = getenv("IFBPF_BPFFS");
	int fd = open_root(named && *named ? named : BPFFS_DEFAULT), in_use;

	if (fd < 0)
		return fd;
	in_use = !faccessat(fd, OURS, F_OK, AT_SYMLINK_NOFOLLOW);
	close(fd);
	return in_use;
}

/* A directory of the layout is no place for another one: nobody would look for it there. */
static bool is_inside_layout(int fd, char root[PATH_MAX])
{
	int at = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC), above;
	struct stat st, top;
	char link[64];
	ssize_t len = 0;

	if (at < 0 || fstat(fd, &top))
		return false;
	while (is_bpffs(at) && !fstat(at, &st) && st.st_dev == top.st_dev && !len) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", at);
		if (!faccessat(at, OURS, F_OK, AT_SYMLINK_NOFOLLOW))
			len = readlink(link, root, PATH_MAX - 1);
		above = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = above;
	}
	if (at >= 0)
		close(at);
	root[len > 0 ? len : 0] = '\0';
	return len > 0;
}

static int refuse_root(const struct bpffs *fs, const char *named)
{
	char mounted[PATH_MAX];

	failed(fs->fd, "cannot find a BPF filesystem at %s", fs->path);
	if (!named || mounts_free_place(fs->path)) {
		hint("mount one, as root: mount -t bpf bpf %s", cli_word(fs->path));
		return fs->fd;
	}
	hint("IFBPF_BPFFS names the place where one is mounted; without it that is " BPFFS_DEFAULT);
	if (mounts_first("bpf", mounted) && strcmp(mounted, BPFFS_DEFAULT) != 0)
		hint("there is one at %s", mounted);
	return fs->fd;
}

int bpffs_find_root(struct bpffs *fs, enum bpffs_access access)
{
	const char *named = getenv("IFBPF_BPFFS");
	char root[PATH_MAX];
	int err;

	if (named && *named) {
		if (!realpath(named, fs->path))
			return failed(-errno, "cannot find %s, named by IFBPF_BPFFS", named);
	} else {
		strcpy(fs->path, BPFFS_DEFAULT);
		named = NULL;
	}
	fs->fd = open_root(fs->path);
	if (fs->fd >= 0 && named && is_inside_layout(fs->fd, root)) {
		close(fs->fd);
		fs->fd = -1;
		rejected(-EINVAL,
		         "cannot use %s, named by IFBPF_BPFFS: it is a part of the layout in %s",
		         named, root);
		hint("IFBPF_BPFFS=%s", root);
		return -EINVAL;
	}
	if (fs->fd >= 0)
		return 0;
	if (fs->fd == -ENODEV && !named && mounts_private_sys())
		return refuse_private_sys(fs->path);
	if (fs->fd == -ENODEV && !named && access == BPFFS_WRITE) {
		err = mount_root(fs->path);
		fs->fd = err ? err : open_root(fs->path);
		if (fs->fd >= 0)
			return 0;
	}
	return refuse_root(fs, named);
}
