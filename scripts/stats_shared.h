/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which other interfaces count in the same map: the sums are then of all of them together. */
#ifndef STATS_SHARED_H
#define STATS_SHARED_H

#include "bpffs/directory.h"
#include "scripts/stats_records.h"
#include "scripts/stats_sample.h"

/*
 * Note in each hook of a sample the interfaces whose records name its map as well, as far as their
 * records can be read. dir is the sample's own directory.
 */
void shared_find(struct sample *sample, struct records *records, const struct directory *dir);

#endif
