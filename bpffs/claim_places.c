// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include "bpffs/access.h"
#include "bpffs/claim_places.h"
#include "bpffs/log.h"
#include "bpffs/places.h"

/* A directory stands where something is to be pinned: no rename takes its place. */
static int check_in(const struct directory *dir, const char *place, const struct stat *st)
{
	char in_the_way[PLACES_PATH_SIZE], path[PATH_MAX + PLACES_PATH_SIZE];
	int ret = places_look_in(dir->fd, place, st, in_the_way);

	/* Gone meanwhile. */
	if (!ret || ret == -ENOENT)
		return 0;
	if (ret < 0)
		return failed(ret, "cannot look through %s", dir->path);
	snprintf(path, sizeof(path), "%s/%s", dir->path, in_the_way);
	rejected(-EISDIR, "cannot use %s: a directory is where something is to be pinned", path);
	hint("see what it is, then remove it: rmdir '%s'", path);
	return -EISDIR;
}

/* Returns -ENOENT, silent, if it is not there. holds: directories belong into it. */
static int check_place(const struct directory *dir, const char *place, bool holds)
{
	char path[PATH_MAX + NAME_SIZE];
	struct stat st;
	int err = bpffs_describe_dir(dir->fd, place, &st);

	if (!err)
		return holds ? 0 : check_in(dir, place, &st);
	if (err == -ENOENT)
		return err;
	snprintf(path, sizeof(path), "%s/%s", dir->path, place);
	return bpffs_refused(err, dir->fd, place, path);
}

int claim_check_places(struct directory *dir)
{
	char place[NAME_SIZE];
	int err;

	err = check_place(dir, DIRECTORY_EGRESS, true);
	if (!err || err == -ENOENT)
		err = check_place(dir, DIRECTORY_LINKS, false);
	dir->no_links = err == -ENOENT;
	if (!err || err == -ENOENT)
		err = check_place(dir, DIRECTORY_CARRY, false);
	dir->no_carry = err == -ENOENT;
	if (!err || err == -ENOENT)
		err = check_place(dir, DIRECTORY_PROGS, true);
	/* Without %progs/ there is nothing below it. */
	for (int hook = 0; !err && hook < HOOKS; hook++) {
		snprintf(place, sizeof(place), "%s/%s", DIRECTORY_PROGS, hook_name(hook));
		err = check_place(dir, place, false);
		err = err == -ENOENT ? 0 : err;
	}
	return err == -ENOENT ? 0 : err;
}
