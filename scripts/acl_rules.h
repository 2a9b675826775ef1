/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of an interface as a whole: read, changed in memory, and put in force in one step. */
#ifndef SCRIPTS_ACL_RULES_H
#define SCRIPTS_ACL_RULES_H

#include <stddef.h>
#include "objects/stats.h"
#include "scripts/acl_maps.h"

struct acl_rules {
	struct acl_rule *list; /* in the order in which they are listed */
	unsigned int *lines;   /* of the file that each came from, or 0 */
	const char *file;      /* its name, or NULL */
	size_t len, room;
	struct acl_settings settings; /* with which they were read */
	__u32 damaged; /* counted from 1, the first that was no rule and was left out; 0: none */
};

/*
 * Read those in force: all of one moment, also while another process changes them. Reports its
 * failures. Returns 0 or a negative errno. acl_rules_free() always follows.
 */
int acl_rules_read(struct acl_rules *rules, const struct acl_maps *maps);

/*
 * Were those that were read all that there are? Who builds on them must ask; who replaces them all
 * need not. Returns 0, or -EUCLEAN, reported, with a hint how to replace them.
 */
int acl_rules_check(const struct acl_rules *rules, const struct acl_maps *maps);
void acl_rules_free(struct acl_rules *rules);

/* Add one behind the others; line is for messages, or 0. Returns 0 or -ENOMEM, reported. */
int acl_rules_append(struct acl_rules *rules, const struct acl_rule *rule, unsigned int line);

/*
 * Drop rules that stand twice, and find those that contradict each other: of the same entry, with a
 * side in common. clash(rules, index, against, arg) is called for each such rule, in their
 * order, against being the rule that was before it; it is then dropped as well. Returns 0 or
 * -ENOMEM, reported.
 */
int acl_rules_settle(struct acl_rules *rules,
                     void (*clash)(const struct acl_rules *rules, size_t index, size_t against,
                                   void *arg),
                     void *arg);

/*
 * Remove the rules of an entry: all of them, or those of its sides and its verdict where these are
 * not 0. Returns how many there were.
 */
size_t acl_rules_remove(struct acl_rules *rules, const struct acl_rule *entry);

/* The first rule of an entry, whatever its sides and verdict, or NULL. */
const struct acl_rule *acl_rules_find(const struct acl_rules *rules, const struct acl_rule *entry);

/*
 * Put these rules in force instead of those that are, with the flags and lists of rules->settings:
 * the tables are filled in the bank that is not looked at, then one store exchanges the banks.
 * Rules that stay keep their counters. maps were opened for CONFIG_WRITE. Reports its failures, and
 * then nothing has changed. Returns 0 or a negative errno.
 */
int acl_rules_publish(struct acl_rules *rules, struct acl_maps *maps);

/* What a rule counted. Returns 0 or a negative errno, reported. */
int acl_rule_hits(const struct acl_maps *maps, const struct acl_rule *rule,
                  struct stats_record *hits);

#endif
