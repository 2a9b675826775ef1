/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Who may read an interface's directory and its maps. */
#ifndef BPFFS_MODES_H
#define BPFFS_MODES_H

#include <linux/types.h>
#include "bpffs/skeleton.h"

/*
 * Give a directory, its %egress/ and their maps the modes of its record: root's alone, or a group's
 * to read. Programs and links are left as they are. Returns 0 or a negative errno. Silent.
 */
int modes_set(const struct skeleton *s, __u32 group);

#endif
