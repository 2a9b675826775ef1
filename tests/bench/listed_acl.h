/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiling a block list for xdp_acl, as its tool does. */
#ifndef BENCH_LISTED_ACL_H
#define BENCH_LISTED_ACL_H

#include "tests/bench/listed.h"

/* The fill of a struct listed_kind: the set of the first list, of which nobody knows yet. */
int listed_fill_set(const struct subject *subject, const struct listed_kind *kind,
                    const struct lists *lists);

/* For the whole program: a list that denies sources, alone and in force. */
int listed_fill_acl(const struct subject *subject, const struct listed_kind *kind,
                    const struct lists *lists);

/* The set of another subject, the very same. Returns 0 or a negative errno. */
int listed_share_set(const struct subject *subject, const struct subject *whole, bool v6);

#endif
