/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries as they are given on the command line: any number, and words for all of them. */
#ifndef SCRIPTS_ACL_WORDS_H
#define SCRIPTS_ACL_WORDS_H

#include <stdbool.h>
#include "scripts/acl_rules.h"

struct acl_words {
	struct acl_rules entries; /* sides and verdict are in words */
	struct acl_rule words;    /* sides and verdict, 0 where not said; nothing else */
	bool refused;             /* an entry was, and named */
};

/*
 * Sort the arguments into entries and words. What is neither is named: then -EINVAL, but with
 * keep_going only if nothing is left. -EINVAL as well if two words contradict each other, named.
 * wanted: as in acl_entry_parse(). acl_words_free() always follows.
 */
int acl_words_parse(struct acl_words *words, char **argv, int argc, bool keep_going,
                    const char *wanted);
/* Lists hold nothing else: what is no address is named, as above. */
int acl_words_only_addresses(struct acl_words *words, bool keep_going);
void acl_words_free(struct acl_words *words);

#endif
