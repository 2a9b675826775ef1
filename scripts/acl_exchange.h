/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several lists exchanged at once: all are filled in beside those in force, and one store follows.
 */
#ifndef SCRIPTS_ACL_EXCHANGE_H
#define SCRIPTS_ACL_EXCHANGE_H

#include "scripts/acl_lists.h"

struct acl_list_change {
	char name[ACL_LIST_NAME]; /* to which that of the wish may point */
	struct acl_list_wish wish;
	struct acl_content content;
};

/*
 * Put these lists, and all others as they are, into the bank that is not in force. *next, the
 * settings that are going to be stored, gets them. Reports its failures. Returns 0 or a negative
 * errno, and then nothing has changed. One of the two below follows in each case.
 */
int acl_lists_fill(struct acl_lists *lists, struct acl_list_change *const changes[], int count,
                   struct acl_settings *next);

/* Empty the bank that was filled, which is not in force. Returns 0 or a negative errno, reported.
 */
int acl_lists_cancel(struct acl_lists *lists);

/* *next was stored: empty the bank that was in force before, when no packet uses it any more. */
int acl_lists_retire(struct acl_lists *lists);

#endif
