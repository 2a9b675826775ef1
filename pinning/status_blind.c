// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/listing.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/ownership.h"
#include "pinning/status_blind.h"

/* Only what is not there, or is no pin, says that it is none of ours. */
static int try_pin(int dir_fd, const char *file)
{
	int fd = pin_open(dir_fd, file, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || fd == -ENOENT || fd == -EINVAL || fd == -ELOOP ? 0 : fd;
}

static int try_link(const struct status *st, enum hook hook, char path[NAME_SIZE * 2])
{
	snprintf(path, NAME_SIZE * 2, "%s/%s", DIRECTORY_LINKS, hook_name(hook));
	return try_pin(st->dir.fd, path);
}

static int try_progs(const struct status *st, enum hook hook, char path[NAME_SIZE * 2])
{
	struct listing progs;
	int fd, err;

	snprintf(path, NAME_SIZE * 2, "%s", DIRECTORY_PROGS);
	fd = bpffs_open_dir(st->dir.fd, path, O_RDONLY);
	if (fd >= 0) {
		close(fd);
		snprintf(path, NAME_SIZE * 2, "%s/%s", DIRECTORY_PROGS, hook_name(hook));
		fd = bpffs_open_dir(st->dir.fd, path, O_RDONLY);
	}
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = listing_read(&progs, fd);
	for (size_t i = 0; !err && i < progs.len; i++) {
		if (!S_ISREG(progs.list[i].type))
			continue;
		err = try_pin(fd, progs.list[i].name);
		if (err)
			snprintf(path, NAME_SIZE * 2, "%s/%s/%.200s", DIRECTORY_PROGS,
			         hook_name(hook), progs.list[i].name);
	}
	listing_free(&progs);
	close(fd);
	return err;
}

void status_doubt_owner(struct status *st, struct status_prog *prog)
{
	char path[NAME_SIZE * 2];
	int err;

	if (!st->has_dir || prog->owner.loaded)
		return;
	err = prog->at->link_id ? try_link(st, prog->hook, path) : try_progs(st, prog->hook, path);
	if (!err)
		return;
	failed(err, "cannot tell whose program %u on %s of %s is: cannot look at %s/%s", prog->id,
	       hook_name(prog->hook), st->iface.name, st->dir.path, path);
	ownership_hint(err);
	memset(&prog->owner, 0, sizeof(prog->owner));
	st->partly = true;
}
