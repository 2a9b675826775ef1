/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists of an interface by their names: made, edited, replaced as a whole, and removed. */
#ifndef SCRIPTS_ACL_LISTS_H
#define SCRIPTS_ACL_LISTS_H

#include "objects/acl_lists.h"
#include "scripts/acl_maps.h"
#include "scripts/acl_ranges.h"
#include "scripts/acl_set4.h"
#include "scripts/acl_set6.h"

struct acl_lists {
	struct acl_maps *maps;
	struct acl_settings settings; /* in force when they were opened */
	int records_fd, hits_fd, sets6_fd;
	struct set4_maps maps4;
	struct acl_list record[ACL_LISTS]; /* verdict ACL_NONE: not in force */
};

/*
 * Open the maps of the lists. -ENOENT, which is not reported: none of them is pinned, as of a
 * program whose loader cannot make such maps, or they are left from before such a program; lists
 * that are in them then are said not to be in force. Other failures are reported, also that only
 * some are there. acl_lists_close() always follows.
 */
int acl_lists_open(struct acl_lists *lists, struct acl_maps *maps, enum config_access access);
void acl_lists_close(struct acl_lists *lists);

/* Where a list stands that is in force; and where in the other bank. */
static inline __u32 acl_lists_slot(const struct acl_lists *lists, int number)
{
	return acl_list_slot(number, !!(lists->settings.flags & ACL_FLAG_LISTS_BANK));
}

static inline __u32 acl_lists_other_slot(const struct acl_lists *lists, int number)
{
	return acl_list_slot(number, !(lists->settings.flags & ACL_FLAG_LISTS_BANK));
}

/* What acl_lists_close() takes as well. */
void acl_lists_none(struct acl_lists *lists);

/* The number of a list, or -ENOENT. */
int acl_lists_find(const struct acl_lists *lists, const char *name);

/* Why a name cannot be a list's, or NULL. */
const char *acl_list_name_refused(const char *name);

/* Addresses of both kinds. Starts as all zeros, ends with acl_content_free(). */
struct acl_content {
	struct ranges4 v4;
	struct ranges6 v6;
};

/* entry: of kind ACL_RULE_IP4 or ACL_RULE_IP6. Returns 0 or -ENOMEM, reported. */
int acl_content_add(struct acl_content *content, const struct acl_rule *entry);
void acl_content_free(struct acl_content *content);

static inline bool acl_content_is_empty(const struct acl_content *content)
{
	return !content->v4.len && !content->v6.len;
}

/* What a list is to be: 0 for verdict and sides takes what it has, or deny and src for a new one.
 */
struct acl_list_wish {
	const char *name;
	__u8 verdict, sides;
	bool whole;       /* it may have had others: they are replaced as well */
	const char *file; /* and line: for messages; or NULL */
	unsigned int line;
};

/*
 * The number of the list that is wished for: its own, or the lowest that is free from `free` on.
 * Returns it or a negative errno, reported: -ENOSPC, or -EEXIST if the list has another verdict or
 * direction.
 */
int acl_list_place(const struct acl_lists *lists, const struct acl_list_wish *wish, int free);

/* What such a list is recorded as, in lists->record. */
void acl_list_describe(struct acl_lists *lists, const struct acl_list_wish *wish, int number);

/* Compile sets of these addresses, and when both are there, put them into a slot. Reports. */
int acl_list_write(struct acl_lists *lists, __u32 slot, struct acl_content *content);

/* Empty a slot. Reports. */
int acl_list_empty(struct acl_lists *lists, __u32 slot);

/* The counter of a list that is new starts at zero. Returns 0 or a negative errno, silently. */
int acl_list_clear_hits(struct acl_lists *lists, __u32 number);

/*
 * Were all lists exchanged since they were opened? Whoever edits holds the lock; a reader may have
 * seen slots that are empty by now. Returns 0, or -EAGAIN, reported.
 */
int acl_lists_check_unmoved(const struct acl_lists *lists);

/*
 * Make this the whole content of a list, which is made if need be: the IPv4 addresses are exchanged
 * in one step, and so are the IPv6 addresses after them. Reports its failures. Returns 0 or a
 * negative errno; -EEXIST if the list has another verdict or direction.
 */
int acl_list_replace(struct acl_lists *lists, const struct acl_list_wish *wish,
                     struct acl_content *content);

/* Add addresses to a list, which is made if need be; or take them out of one that is there. */
int acl_list_edit(struct acl_lists *lists, const struct acl_list_wish *wish,
                  struct acl_content *content, enum set_edit edit);

/* Put a list out of force, then empty it. */
int acl_list_remove(struct acl_lists *lists, const char *name);

/* What a list counted. */
int acl_list_hits(const struct acl_lists *lists, int number, struct stats_record *hits);

/* How much there is in a list. Reports its failures. */
struct acl_list_size {
	__u64 addresses4, prefixes6;
};
int acl_list_measure(const struct acl_lists *lists, int number, struct acl_list_size *size);

/*
 * Each range of a list, in order, IPv4 first, until each() returns anything but 0, which is then
 * returned. Reports its failures.
 */
int acl_list_each(const struct acl_lists *lists, int number,
                  int (*each)(void *context, const struct acl_rule *range), void *context);

/* Whether a list has an address; then *around is the longest range about it that the list has. */
bool acl_list_has(const struct acl_lists *lists, int number, const struct acl_rule *address,
                  struct acl_rule *around);

#endif
