// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The layout, opened to be read or written, with its lock. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/bpffs_internal.h"
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/mounts.h"

/* A reader goes on without what somebody else made in our place, but not in silence. */
static void note_squatter(const struct bpffs *fs)
{
	struct stat st;

	if (fstatat(fs->fd, OURS, &st, AT_SYMLINK_NOFOLLOW))
		return;
	if (S_ISDIR(st.st_mode) && bpffs_trusts(&st))
		return;
	note("passing over %s/%s, %s made by uid %u", fs->path, OURS,
	     S_ISLNK(st.st_mode)   ? "a symlink"
	     : S_ISDIR(st.st_mode) ? "a directory"
	                           : "no directory and",
	     st.st_uid);
	hint("see what it is, then remove it: no tool can write here before");
}

static int make_ours(struct bpffs *fs)
{
	const struct {
		const char *name;
		mode_t mode;
		int *fd;
	} below[] = {
		{ "lock", 0700, &fs->lock_fd },
		{ "stage", 0700, &fs->stage_fd },
		{ "ns", 0711, NULL },
	};
	char path[PATH_MAX + 64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fs->path, OURS);
	fd = bpffs_make_dir(fs->fd, OURS, 0711);
	if (fd < 0)
		return bpffs_refused(fd, fs->fd, OURS, path);
	fs->ours_fd = fd;
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		fd = bpffs_make_dir(fs->ours_fd, below[i].name, below[i].mode);
		if (fd < 0) {
			snprintf(path, sizeof(path), "%s/%s/%s", fs->path, OURS, below[i].name);
			return bpffs_refused(fd, fs->ours_fd, below[i].name, path);
		}
		if (below[i].fd)
			*below[i].fd = fd;
		else
			close(fd);
	}
	return 0;
}

bool bpffs_is_readonly(const struct bpffs *fs)
{
	return faccessat(fs->fd, ".", W_OK, AT_EACCESS) && errno == EROFS;
}

void bpffs_hint_readonly(const char *path)
{
	const char *named = getenv("IFBPF_BPFFS");

	if (!path)
		path = named && *named ? named : BPFFS_DEFAULT;
	hint("it is mounted read-only: mount -o remount,rw %s", cli_word(path));
}

int bpffs_check_privilege(void)
{
	if (access_privileged())
		return 0;
	failed(-EPERM, "cannot write in a BPF filesystem");
	access_hint("CAP_BPF and CAP_NET_ADMIN");
	return -EPERM;
}

int bpffs_open(struct bpffs *fs, enum bpffs_access access)
{
	struct netns_id caller;
	struct stat st;
	int err;

	memset(fs, 0, sizeof(*fs));
	fs->fd = fs->ours_fd = fs->stage_fd = fs->lock_fd = -1;
	err = access == BPFFS_WRITE ? bpffs_check_privilege() : 0;
	if (err)
		return err;
	/* Remember where we were called before any --netns is entered. */
	err = netns_caller(&caller);
	if (err)
		return bpffs_refuse_namespace(err);
	err = bpffs_find_root(fs, access);
	if (err)
		return err;
	if (fstat(fs->fd, &st)) {
		err = failed(-errno, "cannot look at %s", fs->path);
		goto out;
	}
	fs->dev = st.st_dev;
	if (access == BPFFS_WRITE && bpffs_is_readonly(fs)) {
		err = failed(-EROFS, "cannot write in %s", fs->path);
		bpffs_hint_readonly(fs->path);
		goto out;
	}
	if (access == BPFFS_WRITE) {
		cli_outlive_readers();
		if (!strcmp(fs->path, BPFFS_DEFAULT) && mounts_private_sys())
			note("this shell has a /sys of its own: pins made here vanish with it");
		err = make_ours(fs);
	} else {
		fs->ours_fd = bpffs_open_dir(fs->fd, OURS, O_PATH);
		if (fs->ours_fd < 0)
			note_squatter(fs);
	}
	if (!err)
		err = bpffs_find_home(fs, access);
out:
	if (err)
		bpffs_close(fs);
	return err;
}

void bpffs_close(struct bpffs *fs)
{
	int *const fds[] = { &fs->lock_fd, &fs->stage_fd, &fs->ours_fd, &fs->fd };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

int bpffs_check_mounted(const struct bpffs *fs)
{
	struct stat st;

	if (!stat(fs->path, &st) && st.st_dev == fs->dev)
		return 0;
	return rejected(-ESTALE, "cannot go on in the BPF filesystem at %s: it was unmounted",
	                fs->path);
}

int bpffs_relative(const struct bpffs *fs, const char *ifname, const struct netns_id *netns,
                   char out[PATH_MAX])
{
	char component[NETNS_COMPONENT_SIZE];
	char file[NAME_SIZE];
	int err;

	err = ifname_encode(ifname, file, sizeof(file));
	if (err)
		return err;
	if (netns_equal(netns, &fs->home)) {
		strcpy(out, file);
		return 0;
	}
	netns_component(netns, component);
	snprintf(out, PATH_MAX, "%s/ns/%s/%s", OURS, component, file);
	return 0;
}
