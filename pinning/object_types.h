/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types that the kernel knows of the maps of an object, in BTF. */
#ifndef PINNING_OBJECT_TYPES_H
#define PINNING_OBJECT_TYPES_H

#include "pinning/object.h"

/*
 * Directly before an object is loaded: remember which types its maps are to be made with. Returns 0
 * or -ENOMEM. Silent.
 */
int object_types_expect(struct object *object);

/*
 * The object is loaded. If libbpf cannot make a map with its types, or not load them, it makes the
 * map without, and says so to nobody: the content of such a map can only be carried over into one
 * of the same sizes. Returns the name of the first that was made so although the kernel takes it
 * with its types, or NULL. Of those that the kernel takes without alone it says so, once.
 */
const char *object_types_lost(const struct object *object);

#endif
