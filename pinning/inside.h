/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps that an object puts into the slots of its maps of maps. The kernel does not count them among
 * those of the program, unless it names them itself as well.
 */
#ifndef PINNING_INSIDE_H
#define PINNING_INSIDE_H

#include <linux/types.h>

struct object;

struct inside {
	const char *name;  /* that the object has for it */
	const char *outer; /* the name of the map of maps */
	__u32 slot;
	__u32 id; /* of what is in that slot now */
};

/* Visit each of an object that is loaded. Silent: what cannot be looked at is left out. */
void inside_each(const struct object *object, void (*visit)(const struct inside *one, void *arg),
                 void *arg);

#endif
