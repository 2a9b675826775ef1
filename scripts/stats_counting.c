// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include "bpffs/log.h"
#include "scripts/stats_counting.h"

/* What libxdp calls the program behind which it puts others, by freplace. */
#define LIBXDP_DISPATCHER "xdp_dispatcher"

int counting_begin(struct counting_query *query, const struct sample *sample)
{
	int err;

	memset(query, 0, sizeof(*query));
	query->gone = sample->found == FOUND_LEFT;
	if (query->gone)
		return 0;
	err = attachments_query(&query->attached, &sample->iface);
	if (!err)
		query->by_id = !live_query(&query->live, &query->attached);
	return err;
}

void counting_end(struct counting_query *query)
{
	live_free(&query->live);
	attachments_free(&query->attached);
}

/* Behind a dispatcher there are always programs; before Linux 5.13 they may not be found. */
static bool hides_programs(const struct counting_query *query, enum hook hook)
{
	bool dispatcher = false;

	for (size_t i = 0; i < query->live.progs_len; i++) {
		const struct live_prog *prog = &query->live.progs[i];

		if (prog->hook == hook && prog->via_link)
			return false;
		dispatcher |= prog->hook == hook && !strcmp(prog->name, LIBXDP_DISPATCHER);
	}
	return dispatcher;
}

static unsigned int attached_count(const struct counting_query *query, enum hook hook)
{
	unsigned int count = 0;

	for (size_t i = 0; i < query->attached.len; i++)
		count += query->attached.list[i].hook == hook;
	return count;
}

/* Without privilege: what runs is a program that was published, and so was the map. */
static void find_by_record(const struct counting_query *query, const struct record *rec,
                           struct hook_stats *stats)
{
	if (!record_has_map(rec, stats->hook, stats->map_id))
		return;
	for (size_t i = 0; i < query->attached.len; i++) {
		const struct attachment *at = &query->attached.list[i];

		if (at->hook != stats->hook || !record_has_prog(rec, at->hook, at->prog_id))
			continue;
		stats->counting = COUNTING;
		/* Which of several programs uses it, the record does not say. */
		if (attached_count(query, stats->hook) == 1)
			stats->prog_id = at->prog_id;
	}
}

void counting_find(const struct counting_query *query, const struct view *view,
                   struct hook_stats *stats)
{
	const struct live_prog *user = live_user(&query->live, stats->hook, stats->map_id);
	bool known = query->attached.known[stats->hook];

	stats->counting = COUNTING_UNKNOWN;
	if (query->gone) {
		stats->counting = COUNTING_GONE;
	} else if (user) {
		stats->counting = COUNTING;
		stats->prog_id = user->id;
	} else if (known && !attached_count(query, stats->hook)) {
		stats->counting = COUNTING_NOTHING;
	} else if (!query->by_id) {
		if (view->has_record)
			find_by_record(query, &view->record, stats);
	} else if (known && !hides_programs(query, stats->hook)) {
		stats->counting = COUNTING_OTHERWISE;
	}
}
