/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The mounts that a process sees, out of /proc/PID/mountinfo. */
#ifndef BPFFS_MOUNTS_H
#define BPFFS_MOUNTS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct mount {
	dev_t dev;
	char point[PATH_MAX];
	char fstype[32];
	char source[PATH_MAX];
};

/*
 * Call visit(mount, arg) for each mount, in the order in which they were made, until it returns
 * anything but 0, which is then returned. file is /proc/self/mountinfo or another process's.
 * Returns a negative errno if the file cannot be read.
 */
int mounts_each(const char *file, int (*visit)(const struct mount *mount, void *arg), void *arg);

/* The place of the first mount of that type which this process sees; false if there is none. */
bool mounts_first(const char *fstype, char point[PATH_MAX]);

/* An empty directory on which nothing is mounted: a mount there hides nothing. */
bool mounts_free_place(const char *path);

/*
 * This process has a /sys of its own, as under 'ip netns exec' or 'ip -n', which goes away with
 * it, and with it whatever is mounted below.
 */
bool mounts_private_sys(void);

#endif
