/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which program of an object is meant. */
#ifndef PINNING_OBJECT_CHOOSE_H
#define PINNING_OBJECT_CHOOSE_H

#include "pinning/object.h"

/*
 * Choose the program by its section, its name, or the hook that it is for, and set object->prog and
 * object->hook. Reports its failures, with the programs that there are. Returns 0, -ENOENT if none
 * fits, or -EINVAL if several do, or if no hook can be told.
 */
int object_choose(struct object *object, const struct object_choice *choice);

#endif
