/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Which process holds a BPF object by a descriptor. */
#ifndef BPFFS_HOLDERS_H
#define BPFFS_HOLDERS_H

#include <linux/types.h>

/*
 * Find a process that has a descriptor of a link, as "NAME (pid N)", by /proc/<pid>/fdinfo. Returns
 * 0, or -ENOENT if none that may be looked at has. Slow: it reads what every process has open.
 */
int holder_of_link(__u32 link_id, char out[64]);

#endif
