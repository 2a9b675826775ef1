/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What works with the programs and maps of an interface, but not on that interface: nothing of this
 * may be taken away with what is done to the interface.
 */
#ifndef PINNING_ELSEWHERE_H
#define PINNING_ELSEWHERE_H

#include <stdbool.h>
#include "pinning/gc_uses.h"

#define ELSEWHERE_WHO_SIZE 128

struct elsewhere {
	struct gc_uses uses;
	struct gc_attached running; /* with what those that are attached call, or redirect to */
	struct gc_ids linked;       /* programs that a link holds, but not on the interface */
	const struct interface *iface;
	struct namespaces namespaces; /* those that were looked into */
	bool has_held;                /* with those of namespaces_add_held() */
	int held_err;
};

/*
 * Look at all programs of the kernel, all links and all other interfaces, in all network namespaces
 * that have a name or a process. Returns 0, -EPERM without CAP_SYS_ADMIN, with what can be seen
 * without: programs that are attached in the present network namespace; or another negative errno,
 * with nothing. Silent. iface must outlive it. elsewhere_free() releases it.
 */
int elsewhere_look(struct elsewhere *all, const struct interface *iface);

/*
 * Look into the network namespaces as well that are only held open, or mounted somewhere: that
 * takes longer. Returns 0 or a negative errno, also when it is called again. Silent.
 */
int elsewhere_look_held(struct elsewhere *all);
void elsewhere_free(struct elsewhere *all);

/* Where another interface runs the program, directly or by one that calls it, or NULL. */
const struct gc_attachment *elsewhere_runs(const struct elsewhere *all, __u32 prog_id);

/*
 * A program goes on with the map on another interface, by a link, or on a hook that is none of an
 * interface, of which the kernel does not tell: a cgroup's, say. Then who says it. One that is
 * about to go away is waited for. A program for interfaces that is on none, is none: this looks
 * into what elsewhere_look_held() does, before it says so.
 */
bool elsewhere_uses(struct elsewhere *all, __u32 map_id, char who[ELSEWHERE_WHO_SIZE]);

#endif
