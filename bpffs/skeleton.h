/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What every interface's directory has besides pins: the symlinks for iproute2, and %egress/. */
#ifndef BPFFS_SKELETON_H
#define BPFFS_SKELETON_H

#include <stdbool.h>

/*
 * Complete a directory: the symlinks that lead iproute2's fixed path suffix back into it, %lock/,
 * %egress/ with the same symlinks, and there a symlink to each flat map.
 * Returns 0 or a negative errno. Silent.
 */
int skeleton_complete(int dir_fd);

/* Only the symlinks in %egress/: one to each flat map, and none that leads nowhere. */
int skeleton_link_egress(int dir_fd, int egress_fd);

/* The file that keeps iproute2 from being led back, such as a directory xdp/; NULL if there is
 * none. */
const char *skeleton_obstacle(int dir_fd);

/* Whether a directory has a skeleton and nothing else in it. */
bool skeleton_only(int dir_fd);

#endif
