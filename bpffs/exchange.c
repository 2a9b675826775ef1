// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/exchange.h"

/* A network namespace that cannot be: what is put aside there is found by its interface again. */
static const char nowhere[] = "%ifbpf/ns/0";

int directories_exchange(const struct bpffs *fs, const char *one, const char *other)
{
	const char *name = strrchr(other, '/');
	char aside[PATH_MAX];
	int fd, err = 0;

	if (!renameat2(fs->fd, one, fs->fd, other, RENAME_EXCHANGE))
		return 0;
	if (errno != EINVAL)
		return -errno;
	fd = bpffs_make_dir(fs->fd, nowhere, 0711);
	if (fd < 0)
		return fd;
	close(fd);
	snprintf(aside, sizeof(aside), "%s/%s", nowhere, name ? name + 1 : other);
	if (renameat2(fs->fd, other, fs->fd, aside, RENAME_NOREPLACE)) {
		err = -errno;
	} else if (renameat2(fs->fd, one, fs->fd, other, RENAME_NOREPLACE)) {
		err = -errno;
		renameat2(fs->fd, aside, fs->fd, other, RENAME_NOREPLACE);
	} else if (renameat2(fs->fd, aside, fs->fd, one, RENAME_NOREPLACE)) {
		err = -errno;
	}
	unlinkat(fs->fd, nowhere, AT_REMOVEDIR);
	return err;
}
