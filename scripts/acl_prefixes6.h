/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv6 prefixes as a set has them, and ranges taken apart into them. */
#ifndef SCRIPTS_ACL_PREFIXES6_H
#define SCRIPTS_ACL_PREFIXES6_H

#include "scripts/acl_ranges.h"

struct prefix6 {
	struct addr6 address; /* zeros behind the prefix */
	__u8 length;          /* 0 to 128 */
	__u8 state;           /* ACL_SET6_IN or ACL_SET6_HOLE */
};

/* Any number of them; starts as all zeros, ends with prefixes6_free(). */
struct prefixes6 {
	struct prefix6 *list;
	size_t len, room;
};

/* Append one, or all that ranges are made of. Returns 0 or -ENOMEM. */
int prefixes6_add(struct prefixes6 *prefixes, const struct prefix6 *prefix);
int prefixes6_cut(struct prefixes6 *prefixes, const struct ranges6 *ranges, __u8 state);
void prefixes6_free(struct prefixes6 *prefixes);

/* By their addresses, a shorter one before those in it. */
void prefixes6_sort(struct prefixes6 *prefixes);
int prefix6_compare(const void *a, const void *b); /* for qsort() */

/* How many of the sorted ones begin at this address or before it. */
size_t prefixes6_up_to(const struct prefixes6 *prefixes, struct addr6 address);

struct addr6 prefix6_last(const struct prefix6 *prefix);

/* Is it within the outer one, and longer? */
bool prefix6_is_within(const struct prefix6 *prefix, const struct prefix6 *outer);

#endif
