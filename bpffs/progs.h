/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The programs that are pinned in an interface's directory, in %progs/<hook>/. */
#ifndef BPFFS_PROGS_H
#define BPFFS_PROGS_H

#include "bpffs/directory.h"
#include "bpffs/listing.h"

/*
 * Open and list those of a hook; path is set to their place below the directory. Returns a
 * descriptor, which the caller closes, or a negative errno: -ENOENT if there are none. Silent.
 * listing_free() releases the list, after a failure too.
 */
int progs_open(const struct directory *dir, enum hook hook, char path[NAME_SIZE],
               struct listing *progs);

#endif
