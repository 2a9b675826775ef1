// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/progs.h"

int progs_open(const struct directory *dir, enum hook hook, char path[NAME_SIZE],
               struct listing *progs)
{
	int fd, err;

	memset(progs, 0, sizeof(*progs));
	snprintf(path, NAME_SIZE, "%s/%s", DIRECTORY_PROGS, hook_name(hook));
	fd = bpffs_open_dir(dir->fd, path, O_RDONLY);
	if (fd < 0)
		return fd;
	err = listing_read(progs, fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}
