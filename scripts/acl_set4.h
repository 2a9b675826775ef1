/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of IPv4 addresses, as the programs of acl read them (objects/acl_lists.h). One editor of a
 * list at a time: hold the interface's lock. Failures are reported, but for -ENOENT of an open.
 */
#ifndef SCRIPTS_ACL_SET4_H
#define SCRIPTS_ACL_SET4_H

#include "scripts/acl_ranges.h"
#include "scripts/acl_rows.h"

/* The maps that have them. */
struct set4_maps {
	int tops_fd, sets_fd, fronts_fd;
};

struct set4 {
	struct acl_rows tops, more; /* top words; entries and bitmaps */
};

enum set_edit {
	SET_ADD, /* these addresses are in the set */
	SET_DEL, /* they are not */
};

/*
 * Compile a new set, which is in no list: what base has (NULL: nothing), with the edit done to it.
 * Puts the ranges in order. Returns 0 or a negative errno; set4_close() must follow success.
 */
int set4_build(struct set4 *set, const struct set4 *base, struct ranges4 *ranges,
               enum set_edit edit);

/* Make it the set of a list, in one step. Once only. */
int set4_publish(struct set4 *set, const struct set4_maps *maps, __u32 list);

/* Leave a list without IPv4 addresses. */
int set4_remove(const struct set4_maps *maps, __u32 list);

/* Open the set of a list to read it. -ENOENT: it has no IPv4 addresses. */
int set4_open(struct set4 *set, const struct set4_maps *maps, __u32 list);
void set4_close(struct set4 *set);

/*
 * The same to edit a part of it: to map the top words of all addresses takes longer than a small
 * edit does. Those of the ranges are to be mapped before they are looked at, or all of them; both
 * return 0 or a negative errno, reported.
 */
int set4_open_parts(struct set4 *set, const struct set4_maps *maps, __u32 list);
int set4_map_ranges(struct set4 *set, const struct ranges4 *ranges);
int set4_map_all(struct set4 *set);

/*
 * Edit the set of a list while packets are looked up in it: in place as long as there is room, else
 * by a new one that takes its place. Every look-up tells what was so before the edit or after it.
 * Puts the ranges in order. *changed: how many addresses came or went; may be NULL.
 */
int set4_edit(const struct set4_maps *maps, __u32 list, struct ranges4 *ranges, enum set_edit edit,
              __u64 *changed);

/* around, if not NULL: the longest range about the address that is in the set, or is not. */
bool set4_contains(const struct set4 *set, __u32 address, struct range4 *around);

/*
 * Each range of the set in order, neighbours being one, until each() returns anything but 0, which
 * is then returned.
 */
int set4_for_each(const struct set4 *set, int (*each)(void *context, const struct range4 *range),
                  void *context);

/* The number of addresses. */
__u64 set4_count(const struct set4 *set);

#endif
