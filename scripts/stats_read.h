/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adding up a statistics map: over all CPUs, and with what replacements left of it. */
#ifndef STATS_READ_H
#define STATS_READ_H

#include "bpffs/view.h"
#include "scripts/stats_sample.h"

/*
 * Read the counters of stats->hook from the open maps of that name; fills map_id and actions.
 * Returns 1, 0 if there is no map for this hook, or a negative errno, reported. Replaced maps that
 * cannot be added are noted, but for those of the generation known_gen.
 */
int stats_read(struct hook_stats *stats, const struct view *view, const struct sample *sample,
               __u64 known_gen);

#endif
