/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names for maps that have none in the kernel, as iproute2's own ELF loader leaves them, or share
 * the 15 characters that the kernel keeps: from the object that they were made of. The kernel lists
 * a program's maps in the order in which its instructions name them; so does the object.
 */
#ifndef PINNING_NAMELESS_H
#define PINNING_NAMELESS_H

#include <linux/types.h>
#include "bpffs/name.h"
#include "pinning/definitions.h"

struct nameless;

/*
 * Read which maps each program of an object uses, in order; it may define them in either dialect.
 * file: as for object_open(). Reports its failures. Returns 0 or a negative errno.
 */
int nameless_open(struct nameless **result, const char *file);
void nameless_free(struct nameless *n);

/*
 * Find the name of a map that program prog_id uses: from a program of the object that uses maps of
 * the same types, sizes and flags in the same order, or else from legacy/NAME.o beside it, which is
 * its build for such loaders. Returns 0; -ENOENT if there is none, -ENOTUNIQ
 * if several say different names, or another negative errno. *why says it then, for the user, until
 * the next call.
 */
int nameless_find(struct nameless *n, __u32 prog_id, __u32 map_id, char name[NAME_SIZE],
                  const char **why);

/*
 * What the object says of a map that program prog_id uses and that has a name already, in the
 * kernel or by its pin. Silent. Returns 0 with its definition; -EEXIST if programs that fit use
 * maps of other names there, one of which is in other; -ENOENT if none fits; or another negative
 * errno.
 */
int nameless_define(struct nameless *n, __u32 prog_id, __u32 map_id, const char *name,
                    struct map_definition *definition, char other[NAME_SIZE]);

#endif
