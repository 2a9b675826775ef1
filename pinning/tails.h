/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Program arrays: slots that sections of the old dialect fill, and what a new array lacks. */
#ifndef PINNING_TAILS_H
#define PINNING_TAILS_H

#include <stdbool.h>
#include "bpffs/directory.h"
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

/*
 * Say of each program array that is pinned in the directory, and that this object's takes the place
 * of, which of its programs are not in the new one.
 */
void tails_tell_lost(const struct object *object, const struct directory *dir);

#endif
