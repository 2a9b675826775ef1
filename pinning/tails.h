/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slots of program arrays that sections of the old dialect fill. */
#ifndef PINNING_TAILS_H
#define PINNING_TAILS_H

#include <stdbool.h>
#include "pinning/object.h"

/* Whether a section is named <id>/<key>, numbers as C writes them: a slot of a program array. */
bool tails_parse(const char *section, __u32 *id, __u32 *key);

/*
 * In an object of the old dialect, see that each such section has its program array. Reports its
 * failures. Returns 0, -EINVAL, or -ENOENT.
 */
int tails_check(const struct object *object);

/* Put the programs of these sections, which are loaded, into their slots. As tails_check(). */
int tails_fill(const struct object *object);

#endif
