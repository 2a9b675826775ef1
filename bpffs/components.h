/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The programs behind a dispatcher: libxdp attaches a program of its own, and by freplace others in
 * the place of that one's functions. Each is held by a link whose target is the dispatcher.
 */
#ifndef BPFFS_COMPONENTS_H
#define BPFFS_COMPONENTS_H

#include <linux/types.h>
#include <stddef.h>

struct component {
	__u32 prog_id;
	__u32 link_id;
	__u32 slot; /* of the function that it replaces: they count up in the run order */
};

struct components {
	struct component *list;
	size_t len;
};

/*
 * Find what replaces functions of a program, in run order. Before Linux 5.13 links do not say their
 * target, and only what libxdp keeps pinned is found. Returns 0, -EPERM without CAP_SYS_ADMIN, or
 * another negative errno; silent. components_free() releases the list.
 */
int components_find(struct components *all, __u32 prog_id);
void components_free(struct components *all);

#endif
