/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of files of entries. */
#ifndef SCRIPTS_ACL_FILE_H
#define SCRIPTS_ACL_FILE_H

#include <stdbool.h>
#include "objects/acl.h"
#include "scripts/line_file.h"

/*
 * The next line of rules: one entry with words in any order. Returns false, the line refused.
 * *rule has 0 where the line does not say sides or verdict.
 */
bool acl_file_rule(struct line_file *file, struct acl_rule *rule);

/*
 * The next line of a list of addresses, as such are published: an address, prefix or range, which
 * may also be "first - last", "first last length" or "add NAME entry", and any text behind it by
 * which no more than that can be meant. Returns false, the line refused.
 */
bool acl_file_address(struct line_file *file, struct acl_rule *rule);

#endif
