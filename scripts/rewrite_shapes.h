/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shapes of rules: what they look at, in the order in which it is tried. */
#ifndef SCRIPTS_REWRITE_SHAPES_H
#define SCRIPTS_REWRITE_SHAPES_H

#include "scripts/rewrite_rules.h"

/* The order in which shapes are tried: that of the rule that says most first. 0: one shape. */
int shape_compare(const struct rewrite_key *a, const struct rewrite_key *b);

/* The shapes of rules that are in their order. Returns 0, or -ENOSPC if these are too many. */
int shapes_collect(const struct rule *list, size_t len, struct rewrite_shapes *shapes);

/* Report that they are. Returns -ENOSPC. */
int shapes_refused(void);

/* Those that the programs look for now. Returns 0 or a negative errno, reported. */
int shapes_read(const struct rules *rules, struct rewrite_shapes *shapes);

/* Whether a rule is of one of these. */
bool shapes_have(const struct rewrite_shapes *shapes, const struct rewrite_key *match);

/*
 * Have the programs look for these: they find all shapes of before, or all of now. Returns 0 or a
 * negative errno, reported.
 */
int shapes_store(const struct rules *rules, struct rewrite_shapes *shapes);

#endif
