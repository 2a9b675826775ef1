/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The single steps by which the row changes. */
#ifndef SCRIPTS_CHAIN_LINKS_H
#define SCRIPTS_CHAIN_LINKS_H

#include "scripts/chain_row.h"

/*
 * From now on, packets that `from` hands on go to `to`; NULL: they end there. Returns 0 or a
 * negative errno, reported.
 */
int row_link(const struct row *row, const struct member *from, const struct member *to);

/*
 * Put m into a slot, before `next` or, if that is NULL, at the end: packets see it in one step.
 * fed: which led to `next` so far. given: what m was given already. Returns 0 or a negative errno,
 * reported.
 */
int row_put(struct row *row, size_t slot, const struct member *m, const struct member *next,
            const struct member *fed, const struct stats_record *given);

/* Is the slot below the limit? Returns 0 or -ERANGE, reported. */
int row_check_slot(const struct row *row, size_t slot, size_t limit);

#endif
