/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removing the directory of an interface in one step. */
#ifndef PINNING_GC_REMOVE_H
#define PINNING_GC_REMOVE_H

#include <stdbool.h>
#include "bpffs/directory.h"

struct gc;

/*
 * Remove it, unless it turns out to be in use: then in_use is set, with the reason, and it stays as
 * it is. Returns 0 or a negative errno.
 */
int gc_remove_unused(struct gc *gc, struct directory *dir, bool *in_use, char why[256]);

#endif
