// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/bpffs.h"
#include "bpffs/cli.h"
#include "bpffs/libxdp.h"
#include "bpffs/lock.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"

/*
 * The directory of libxdp: 0 with a descriptor, or -ENOENT if there is none that can be trusted.
 * fs: see libxdp_lock(); or NULL.
 */
static int open_directory(const struct bpffs *fs, char path[PATH_MAX], int *fd)
{
	const char *root = secure_getenv("LIBXDP_BPFFS");
	bool known;
	struct stat st;

	root = root ? root : BPFFS_DEFAULT;
	known = fs && !strcmp(fs->path, root);
	snprintf(path, PATH_MAX, "%s/xdp", root);
	/* As libxdp opens it: where iproute2 was first, it is a symlink to tc. */
	*fd = openat(known ? fs->fd : AT_FDCWD, known ? "xdp" : path,
	             O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return -ENOENT;
	if (!fstat(*fd, &st) && bpffs_trusts(&st))
		return 0;
	detail("%s belongs to somebody else, and is left alone", path);
	close(*fd);
	return -ENOENT;
}

int libxdp_lock(const struct bpffs *fs)
{
	char path[PATH_MAX];
	int fd, err;

	err = open_directory(fs, path, &fd);
	if (err)
		return err;
	err = lock_wait(fd, path);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static __u32 pinned_id(int dir_fd, const char *file, enum pin_kind kind)
{
	struct bpf_link_info link = {};
	struct bpf_prog_info prog = {};
	bool is_prog = kind == PIN_PROG;
	__u32 len = is_prog ? sizeof(prog) : sizeof(link), id = 0;
	int fd = pin_open(dir_fd, file, 0);

	if (fd < 0)
		return 0;
	if (pin_kind_of(fd) == (int)kind &&
	    !bpf_obj_get_info_by_fd(fd, is_prog ? (void *)&prog : (void *)&link, &len))
		id = is_prog ? prog.id : link.id;
	close(fd);
	return id;
}

static int add_pinned(struct components *all, int dir_fd)
{
	struct component one, *list;
	char file[32];

	for (__u32 slot = 0; slot < LIBXDP_SLOTS; slot++) {
		snprintf(file, sizeof(file), "prog%u-prog", slot);
		one = (struct component){ .slot = slot };
		one.prog_id = pinned_id(dir_fd, file, PIN_PROG);
		if (!one.prog_id)
			break;
		snprintf(file, sizeof(file), "prog%u-link", slot);
		one.link_id = pinned_id(dir_fd, file, PIN_LINK);
		list = reallocarray(all->list, all->len + 1, sizeof(*list));
		if (!list)
			return -ENOMEM;
		all->list = list;
		list[all->len++] = one;
	}
	return 0;
}

/* The id stands for the dispatcher alone: the interface before it need not be known. */
static bool is_of(const char *name, __u32 prog_id)
{
	unsigned int ifindex, id;
	char rest;

	return sscanf(name, "dispatch-%u-%u%c", &ifindex, &id, &rest) == 2 && id == prog_id;
}

/* The directory of a dispatcher, with its path: a descriptor, or a negative errno; silent. */
static int open_dispatcher(const struct bpffs *fs, __u32 prog_id, char path[PATH_MAX])
{
	int fd, dir_fd = -ENOENT, err;
	struct dirent *entry;
	DIR *stream;
	size_t len;

	err = open_directory(fs, path, &fd);
	if (err)
		return err;
	stream = fdopendir(fd);
	if (!stream) {
		close(fd);
		return -ENOMEM;
	}
	len = strlen(path);
	while (dir_fd < 0 && (entry = readdir(stream))) {
		if (!is_of(entry->d_name, prog_id))
			continue;
		dir_fd = bpffs_open_dir(fd, entry->d_name, O_RDONLY);
		snprintf(path + len, PATH_MAX - len, "/%s", entry->d_name);
	}
	closedir(stream);
	return dir_fd;
}

int libxdp_find_components(struct components *all, __u32 prog_id)
{
	char path[PATH_MAX];
	int fd = open_dispatcher(NULL, prog_id, path), err;

	if (fd < 0)
		return fd == -ENOMEM ? fd : 0;
	err = add_pinned(all, fd);
	close(fd);
	return err;
}

void libxdp_tell_left(const struct bpffs *fs, __u32 prog_id, const char *ifname)
{
	char path[PATH_MAX];
	int fd = open_dispatcher(fs, prog_id, path);

	if (fd < 0)
		return;
	close(fd);
	note("program %u was a dispatcher of libxdp, which keeps the programs behind it pinned in "
	     "%s",
	     prog_id, path);
	hint("if nobody needs them: xdp-loader clean %s", cli_word(ifname));
}
