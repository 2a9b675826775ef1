/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What every interface's directory has besides pins: the symlinks for iproute2, and %egress/. */
#ifndef BPFFS_SKELETON_H
#define BPFFS_SKELETON_H

#include "bpffs/listing.h"

/* A directory and its %egress/, listed: what is missing can be told without trying. */
struct skeleton {
	int dir_fd, egress_fd; /* borrowed */
	struct listing dir, egress;
};

/*
 * Complete a directory: the symlinks that lead iproute2's fixed path suffix back into it, %lock/,
 * %egress/ with the same symlinks, and there a symlink to each flat map, and none that leads
 * nowhere. In steps, as %egress/ and the listings are needed for more than that:
 * skeleton_open_egress() makes %egress/ if it is missing, and returns a descriptor. Each returns a
 * negative errno on failure; silent. skeleton_free() must follow a skeleton_list() that succeeded.
 */
int skeleton_open_egress(int dir_fd);
int skeleton_list(struct skeleton *s, int dir_fd, int egress_fd);
int skeleton_complete_listed(struct skeleton *s);
void skeleton_free(struct skeleton *s);

/*
 * The same for a directory that nobody else can enter yet: an empty one; and the symlink in
 * %egress/ to a flat map that came in. Each returns 0 or a negative errno. Silent.
 */
int skeleton_fill(int dir_fd);
int skeleton_link_for_egress(int dir_fd, const char *file);

/* The file that keeps iproute2 from being led back, such as a directory xdp/; NULL if there is
 * none. */
const char *skeleton_obstacle(int dir_fd);

/* Whether a directory has a skeleton and nothing else in it: 1 or 0, or a negative errno. */
int skeleton_only(int dir_fd);

/*
 * Remove a directory that has a skeleton and nothing else: it takes no descriptor. What somebody
 * else puts there meanwhile stays, with the directory. Returns 0 or a negative errno.
 */
int skeleton_remove(int parent_fd, const char *relative);

#endif
