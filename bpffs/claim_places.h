/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Whether everything in an interface's directory that is written in can be. */
#ifndef BPFFS_CLAIM_PLACES_H
#define BPFFS_CLAIM_PLACES_H

#include "bpffs/directory.h"

/*
 * Look at what is written in besides the directory itself: whoever made it must be trusted before
 * anything is changed, and a thing of another kind would stop the exchange after the switch. Sets
 * dir->no_links and dir->no_carry. Returns 0, or a negative errno, reported.
 */
int claim_check_places(struct directory *dir);

#endif
