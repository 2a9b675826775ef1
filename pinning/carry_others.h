/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interfaces that shared a map each keep it as an old one, once it has given way everywhere. */
#ifndef PINNING_CARRY_OTHERS_H
#define PINNING_CARRY_OTHERS_H

#include "bpffs/owners.h"
#include "pinning/carry.h"

/*
 * Planning: set one->left_elsewhere, and one->sharers to the interfaces that go on with the old
 * map. Of counters, one that is gone does not: they come along. Its lists are copied, as another
 * interface may inherit them. owners: of all pins but those of this directory. Returns how many.
 */
unsigned int carry_find_others(struct carried *one, const struct owners *owners);

/*
 * What came over for one of them, has come over for those that share the new map as well: drop the
 * old pins of what is empty, and note of lists that all was brought over, lest it be done again.
 * The caller holds bpffs_lock(), and has settled its own directory. Directories that others are at
 * work in are left alone. What fails is reported, and changes no count and no entry.
 */
void carry_settle_others(const struct carry *carry, const struct bpffs *fs,
                         const struct directory *dir);

#endif
