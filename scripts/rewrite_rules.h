/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of rewriting: as words, as entries of the maps, and all that an interface has. */
#ifndef SCRIPTS_REWRITE_RULES_H
#define SCRIPTS_REWRITE_RULES_H

#include <json-c/json.h>
#include <stdio.h>
#include "objects/rewrite.h"
#include "objects/stats.h"
#include "scripts/config.h"

struct rule {
	struct rewrite_key match;
	struct rewrite_rule actions;
	struct stats_record hits; /* summed over the CPUs */
};

/*
 * Read a rule's match, and what it does, from words: "in vlan 10 dst 192.0.2.1 tcp dport 80 set
 * dport 8080". Without has_actions, only a match is expected. Returns 0 or -EINVAL, reported.
 */
int rule_parse(struct rule *rule, char **words, int count, bool has_actions);

/* Print it as the words that make it. */
void rule_print(FILE *out, const struct rule *rule);

/* The same as an object of JSON, with its hits. */
struct json_object *rule_json(const struct rule *rule);

/* The mask of a shape, which is in the first members of a rule's match. */
void shape_mask(struct rewrite_key *mask, const struct rewrite_key *match);

/* All rules, in the order in which they are tried, and the maps they are in. */
struct rules {
	int rules_fd, shapes_fd, hits_fd;
	struct rule *list;
	size_t len;
};

/* Open the maps and read the rules. Returns 0 or a negative errno, reported. */
int rules_open(struct rules *rules, const struct config *config, enum config_access access);
void rules_close(struct rules *rules);

/*
 * Change what the programs do. A rule takes effect by one store, and is never seen in part. Returns
 * 0; -EEXIST if there is a rule of this match and it is not to be replaced; -ENOENT; or another
 * negative errno. Reported.
 */
int rules_add(struct rules *rules, const struct rule *rule, bool replace);
int rules_delete(struct rules *rules, const struct rule *rule);
int rules_flush(struct rules *rules);

/* The order in which rules are tried. 0: they are for the same packets. */
int rule_compare(const void *a, const void *b);

/* The rule for the same packets, or NULL. */
struct rule *rules_find(const struct rules *rules, const struct rule *rule);

/*
 * Give each rule of a list the counter of the one for the same packets, which goes on, or one that
 * is free. Returns 0 or a negative errno, reported.
 */
int rules_give_slots(const struct rules *rules, struct rule *list, size_t len);

/* Write or delete one rule, without its shape. Return 0 or a negative errno, reported. */
int rules_put(const struct rules *rules, const struct rule *rule);
int rules_remove(const struct rules *rules, const struct rule *rule);

#endif
