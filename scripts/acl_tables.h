/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of a bank, in which the programs look packets up, made from rules. */
#ifndef SCRIPTS_ACL_TABLES_H
#define SCRIPTS_ACL_TABLES_H

#include "scripts/acl_rules.h"

/*
 * Fill the tables of a bank that is not in force with what the rules say, whatever an edit that was
 * killed left there. Sets settings->tables, and ACL_FLAGS_RULES in its flags. Reports its
 * failures. Returns 0 or a negative errno; -E2BIG if a table has no room.
 */
int acl_tables_fill(const struct acl_rules *rules, const struct acl_maps *maps, __u8 bank,
                    struct acl_settings *settings);

#endif
