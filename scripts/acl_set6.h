/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of IPv6 addresses, as the programs of acl read them (objects/acl_lists.h). One editor of a
 * list at a time: hold the interface's lock. Failures are reported, but for -ENOENT of an open.
 */
#ifndef SCRIPTS_ACL_SET6_H
#define SCRIPTS_ACL_SET6_H

#include "scripts/acl_ranges.h"
#include "scripts/acl_rows.h"
#include "scripts/acl_set4.h" /* enum set_edit */

/* Numbers of slots; starts as all zeros. */
struct slots6 {
	__u32 *list;
	size_t len, room;
};

struct set6 {
	struct acl_rows rows;
	struct slots6 fresh; /* in use, and not yet in order: see scripts/acl_set6_order.h */
};

/*
 * Compile a new set, which is in no list, of these ranges; they are put in order. Each is kept as
 * the prefixes that it is made of, so look-ups are the faster the fewer lengths there are. Returns
 * 0 or a negative errno; set6_close() must follow success.
 */
int set6_build(struct set6 *set, struct ranges6 *ranges);

/* Make it the set of a list, in one step. */
int set6_publish(const struct set6 *set, int sets_fd, __u32 list);

/* Leave a list without IPv6 addresses. */
int set6_remove(int sets_fd, __u32 list);

/* Open the set of a list. -ENOENT: it has no IPv6 addresses. */
int set6_open(struct set6 *set, int sets_fd, __u32 list, bool writable);

/* For a few prefixes, or their number: see acl_rows_open_parts(). */
int set6_open_parts(struct set6 *set, int sets_fd, __u32 list, bool writable);
void set6_close(struct set6 *set);

/*
 * Edit the set of a list while packets are looked up in it: in place as long as there is room, else
 * by a new one that takes its place. Every look-up tells what was so before the edit or after it.
 * Puts the ranges in order. *changed: how many prefixes of them were not so before; may be NULL.
 */
int set6_edit(int sets_fd, __u32 list, struct ranges6 *ranges, enum set_edit edit, __u64 *changed);

bool set6_contains(const struct set6 *set, struct addr6 address);

/*
 * Each range of the set in order, neighbours being one, until each() returns anything but 0, which
 * is then returned. Returns -ENOMEM (reported) as well.
 */
int set6_for_each(const struct set6 *set, int (*each)(void *context, const struct range6 *range),
                  void *context);

/* The longest range about the address that is in the set, or is not. Takes as long as the above. */
int set6_around(const struct set6 *set, struct addr6 address, struct range6 *around);

/* The number of prefixes, and of holes in them, that the set is made of. */
__u64 set6_count(const struct set6 *set);

#endif
