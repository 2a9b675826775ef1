/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Where in an interface's directory a map has its pin. */
#ifndef BPFFS_MAP_PATH_H
#define BPFFS_MAP_PATH_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "bpffs/name.h"

/* "%egress/", and a file name. */
#define MAP_PATH_SIZE (NAME_SIZE + 8)

/*
 * The path below the directory of the map with this full name: NAME, or NAME%old-ID for what a
 * replacement left, old_id then; either of them in %egress/ with egress. Returns 0, or what
 * mapname_encode() and mapname_old() return.
 */
int map_path(const char *map, bool egress, __u32 old_id, char *out, size_t size);

#endif
