/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Content that means something else in another network namespace. */
#ifndef PINNING_CARRY_NETNS_H
#define PINNING_CARRY_NETNS_H

#include "bpffs/netns.h"
#include "pinning/carry.h"

/*
 * Call step(arg) in the namespace that the maps were filled in, if there is a devmap among them:
 * the kernel takes the number of a device for one of the namespace that the writer is in. Returns
 * what step returned, -ENOENT if the namespace is not to be found, or another negative errno.
 */
int carry_in_netns(const struct carry *carry, const struct netns_id *netns, int (*step)(void *arg),
                   void *arg);

#endif
