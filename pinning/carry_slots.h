/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps of maps: the maps inside go into the slots of the new one, as they are. And program arrays
 * without programs, of which nothing is to be carried over.
 */
#ifndef PINNING_CARRY_SLOTS_H
#define PINNING_CARRY_SLOTS_H

#include "pinning/carry.h"

/* Both maps are open: whether they are carried over so. */
bool carry_is_slots(const struct carried *one);

/*
 * In place of the steps of migrate.h, for one->slots. A slot that has another map in the new one
 * stays as it is; so does one that other tables of the list, which are arrays with as many entries,
 * have something else for: they may all be about one thing, as the sets of a list are. Those are
 * counted in one->slots_left. The first only counts them. Each reports its failures, and returns 0
 * or a negative errno.
 */
int carry_foresee_slots(struct carried *one, const struct carry *carry);
int carry_finish_slots(struct carried *one, const struct carry *carry);

/*
 * The order in which the list is carried over, so that what leads to something comes after it: the
 * maps that earlier replacements left one after the other, newest first; of each, maps of maps
 * before the others, and tables of many entries before those of few, which are settings. NULL: no
 * memory. The caller frees it.
 */
struct carried **carry_order(const struct carry *carry);

#endif
