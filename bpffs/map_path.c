// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include "bpffs/directory.h"
#include "bpffs/map_path.h"

int map_path(const char *map, bool egress, __u32 old_id, char *out, size_t size)
{
	char file[NAME_SIZE], old[NAME_SIZE];
	int err, n;

	err = mapname_encode(map, file, sizeof(file));
	if (!err && old_id)
		err = mapname_old(file, old_id, old, sizeof(old));
	if (err)
		return err;
	n = snprintf(out, size, "%s%s", egress ? DIRECTORY_EGRESS "/" : "", old_id ? old : file);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}
