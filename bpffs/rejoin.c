// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/directory.h"
#include "bpffs/pin.h"
#include "bpffs/rejoin.h"

/* The statistics of egress are its own, whatever has their name flat. */
static bool is_flat(const struct skeleton *s, const char *map)
{
	char file[NAME_SIZE];
	struct stat st;

	return strcmp(map, DIRECTORY_TC_STATS) != 0 && !mapname_encode(map, file, sizeof(file)) &&
	       !fstatat(s->egress_fd, file, &st, AT_SYMLINK_NOFOLLOW) && S_ISLNK(st.st_mode);
}

static int move(const struct skeleton *s, const char *old, __u32 old_id)
{
	__u32 id, there;

	/* The name was given by somebody else, or it is no map. */
	if (pin_map_id(s->egress_fd, old, &id) || id != old_id)
		return 0;
	if (!renameat2(s->egress_fd, old, s->dir_fd, old, RENAME_NOREPLACE))
		return 0;
	if (errno != EEXIST)
		return errno == ENOENT ? 0 : -errno;
	/* Each hook's exchange gave it a name. */
	if (!pin_map_id(s->dir_fd, old, &there) && there == id && unlinkat(s->egress_fd, old, 0) &&
	    errno != ENOENT)
		return -errno;
	return 0;
}

int rejoin_old(const struct skeleton *s)
{
	char map[NAME_SIZE];
	int err = 0;
	__u32 old_id;

	for (size_t i = 0; !err && i < s->egress.len; i++) {
		const struct listed *one = &s->egress.list[i];

		if (S_ISREG(one->type) && !mapname_parse(one->name, map, sizeof(map), &old_id) &&
		    old_id && is_flat(s, map))
			err = move(s, one->name, old_id);
	}
	return err;
}
