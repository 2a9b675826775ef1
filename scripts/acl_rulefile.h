/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file as "acl save" writes it: the policy, rules, and whole lists behind them. */
#ifndef SCRIPTS_ACL_RULEFILE_H
#define SCRIPTS_ACL_RULEFILE_H

#include <stdbool.h>
#include "scripts/acl_file.h"
#include "scripts/acl_lists.h"
#include "scripts/acl_rules.h"

/* A list in it: "list NAME [VERDICT] [DIRECTION]", then its addresses. */
struct acl_section {
	char name[ACL_LIST_NAME];
	struct acl_list_wish wish; /* its name points to the one above */
	struct acl_content content;
};

struct acl_rulefile {
	struct acl_rules rules;
	bool has_policy;
	__u8 policy; /* bits of ACL_FLAGS_POLICY */
	struct acl_section *sections[ACL_LISTS];
	int section_count;
};

/*
 * Read all lines of a file. Those that are refused are named and counted in file->bad. Returns 0 or
 * a negative errno, reported; acl_rulefile_free() always follows.
 */
int acl_rulefile_read(struct acl_rulefile *into, struct line_file *file);
void acl_rulefile_free(struct acl_rulefile *from);

#endif
