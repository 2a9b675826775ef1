/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Both locks of a writer, without holding up the writers of other interfaces. */
#ifndef BPFFS_TURN_H
#define BPFFS_TURN_H

#include "bpffs/bpffs.h"
#include "bpffs/interface.h"

/*
 * Take bpffs_lock() at a moment when nobody is at work in the directory of the interface. Who is
 * may be for long: merging counters, or editing a list; that is waited for without the first lock.
 * Reports its failures. Returns 0 or a negative errno.
 */
int turn_take(struct bpffs *fs, const struct interface *iface);

#endif
