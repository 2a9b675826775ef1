/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hash table of a set: one prefix in it, read and written. */
#ifndef SCRIPTS_ACL_SET6_TABLE_H
#define SCRIPTS_ACL_SET6_TABLE_H

#include "scripts/acl_prefixes6.h"
#include "scripts/acl_set6.h"

/* Make the map of an empty set with room for so many prefixes and some more. */
int table6_make(struct set6 *set, __u64 prefixes);

/* The state of just this prefix, or 0. */
__u8 table6_get(const struct set6 *set, struct addr6 address, unsigned int length);

/* It will be put in soon: fetch the memory that this takes. */
void table6_fetch(const struct set6 *set, const struct prefix6 *prefix);

/*
 * Put a prefix in, or change its state. Programs see it when this returns. Returns 0, -ENOSPC: a
 * bigger set is needed, which is never so for a prefix that is there; or another errno, reported.
 */
int table6_put(struct set6 *set, const struct prefix6 *prefix);

/* Take a prefix out, if it is there. */
void table6_remove(struct set6 *set, struct addr6 address, unsigned int length);

/* The state of the longest prefix below `length` that has the address, or a hole if none has. */
__u8 table6_find(const struct set6 *set, struct addr6 address, unsigned int length);

/* Is there any prefix longer than that? */
bool table6_has_longer(const struct set6 *set, unsigned int length);

/* What is in a slot, by its number: a prefix that is gone has the state 0. */
struct prefix6 table6_at(const struct set6 *set, __u32 slot);

/*
 * Make a set, which is in no list, of these prefixes, which are in order, with room for so many.
 * Returns 0 or a negative errno, reported; set6_close() must follow success.
 */
int table6_compile(struct set6 *set, const struct prefixes6 *prefixes, __u64 room);

/* Each prefix in the table, in no order; without ::/0. The set is mapped as a whole. */
int table6_each(const struct set6 *set, int (*each)(void *context, const struct prefix6 *prefix),
                void *context);

#endif
