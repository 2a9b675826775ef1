/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slots of a set's table in the order of their prefixes (objects/acl_lists.h). A slot stays in
 * order when its prefix goes. Those that are new are collected, and put in order by
 * order6_settle(); who is killed between leaves an order that is not known, and a copy is made.
 */
#ifndef SCRIPTS_ACL_SET6_ORDER_H
#define SCRIPTS_ACL_SET6_ORDER_H

#include "scripts/acl_prefixes6.h"
#include "scripts/acl_set6.h"

/* How many rows the order of so many slots takes. */
__u64 order6_rows(__u64 slots);

/* Are all slots that are in use in order, but for those that were added to this set? */
bool order6_is_known(const struct set6 *set);

/* A slot will be in use. Returns 0, -ENOSPC: a bigger set is needed; or -ENOMEM, reported. */
int order6_add(struct set6 *set, __u32 slot);

/*
 * Put those that were added in order; sorted: they were added in that of their prefixes. The order
 * was known before. Returns 0 or a negative errno, reported.
 */
int order6_settle(struct set6 *set, bool sorted);

/*
 * Append the prefixes in the table that are within this one, in order. Nothing may have been added
 * since order6_settle(). Returns 0 or a negative errno.
 */
int order6_within(struct set6 *set, const struct prefix6 *outer, struct prefixes6 *inner);

#endif
