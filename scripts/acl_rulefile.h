/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file as "acl save" writes it: the policy, rules, and whole lists behind them. */
#ifndef SCRIPTS_ACL_RULEFILE_H
#define SCRIPTS_ACL_RULEFILE_H

#include <stdbool.h>
#include "scripts/acl_exchange.h"
#include "scripts/acl_file.h"
#include "scripts/acl_lists.h"
#include "scripts/acl_rules.h"

struct acl_rulefile {
	struct acl_rules rules;
	bool has_policy;
	__u8 policy; /* bits of ACL_FLAGS_POLICY */
	/* "list NAME [VERDICT] [DIRECTION]", then its addresses */
	struct acl_list_change *sections[ACL_LISTS];
	int section_count;
	bool in_lists; /* there was a line "list" */
	/* Refused lines before the first list, and in each section: of the lines behind "list". */
	unsigned int bad_before, bad_in[ACL_LISTS];
};

/*
 * Read all lines of a file. Those that are refused are named and counted in file->bad. Returns 0 or
 * a negative errno, reported; acl_rulefile_free() always follows.
 */
int acl_rulefile_read(struct acl_rulefile *into, struct line_file *file);
void acl_rulefile_free(struct acl_rulefile *from);

#endif
