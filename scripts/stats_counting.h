/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the program that runs counts in the map that is pinned, or the pin is stale. */
#ifndef STATS_COUNTING_H
#define STATS_COUNTING_H

#include "bpffs/live.h"
#include "bpffs/view.h"
#include "scripts/stats_sample.h"

struct counting_query {
	bool gone;
	bool by_id; /* the kernel said which maps the programs use: the whole truth */
	struct attachments attached;
	struct live live;
};

/* Ask what runs on the interface of a sample. Returns 0 or a negative errno, reported. */
int counting_begin(struct counting_query *query, const struct sample *sample);
void counting_end(struct counting_query *query);

/* Fill in counting and prog_id of a hook, whose map_id and record the view gave. */
void counting_find(const struct counting_query *query, const struct view *view,
                   struct hook_stats *stats);

#endif
