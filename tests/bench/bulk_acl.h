/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of prefixes, put in by acl load and printed by acl save. */
#ifndef BENCH_BULK_ACL_H
#define BENCH_BULK_ACL_H

#include <linux/types.h>

#define BULK_LIST4 "bench"
#define BULK_LIST6 "bench6"

/*
 * Write the file, and make the maps of acl for v0: it needs no more, and v0 is free for xdp-filter.
 * Returns 0 or a negative errno, reported.
 */
int bulk_acl_prepare(__u32 count);
void bulk_acl_release(void);

/* What is measured; map_fd is of no interest. Returns 0 or a negative errno, reported. */
int bulk_acl_empty(void); /* before it: without that list */
int bulk_acl_load(int map_fd);
int bulk_acl_save(int map_fd);

/*
 * A list of IPv6 beside it, which no other file has then. Returns 0 or a negative errno, reported:
 * also if it is not there as a whole.
 */
int bulk_acl_load6(__u32 count);

/* Untimed. Fail if the list of IPv4 is not there as a whole, as acl save prints it. */
int bulk_acl_check(void);

/* How many ranges it has and acl save prints: what overlaps or touches is one. */
__u32 bulk_acl_ranges(void);

#endif
