/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving the maps of an object that is about to be loaded the pinned maps of an interface. */
#ifndef PINNING_REUSE_H
#define PINNING_REUSE_H

#include <stdbool.h>
#include "bpffs/directory.h"
#include "pinning/object.h"

/*
 * Let every map of the object that has a pin of the same definition use that one: data maps, ring
 * buffers, XSKMAPs, and DEVMAPs and CPUMAPs without programs. Program arrays are never shared with
 * what runs (packets would see half-updated slots), nor are .rodata, .bss and .data.
 * Where the definitions differ, the difference is printed field by field and it fails, or with
 * fresh the object gets a map of its own. *reused counts the maps that are used on.
 * Reports its failures. Returns 0, -EINVAL for a difference, or another negative errno.
 */
int reuse_maps(struct object *object, const struct directory *dir, bool fresh,
               unsigned int *reused);

#endif
