// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "tests/bench/bench.h"
#include "tests/bench/plan.h"

/*
 * In the order in which they are made, with seconds: what is set up for it, its rounds, and where
 * there is room for that once more. A short one has room for three attempts.
 */
static const struct {
	const char *group, *table;
	double seconds;
} plan[] = {
	/* clang-format off */
	{ "packet",    "packet-xdp",     40 },
	{ "packet",    "packet-tc",      40 },
	{ "blocklist", "blocklist-1k",   30 },
	{ "blocklist", "blocklist6-1k",  30 },
	{ "blocklist", "blocklist-100k", 50 },
	{ "blocklist", "blocklist-1M",   80 },
	{ "blocklist", "blocklist6-1M",  90 },
	{ "frames",    "frames-drop",    25 },
	{ "frames",    "frames-forward", 40 },
	{ "hooks",     "hooks-cost",     40 },
	{ "hooks",     "hooks-drop",     20 },
	{ "hooks",     "hooks-pass",     20 },
	{ "hooks",     "hooks-forward",  20 },
	{ "loading",   "loading-1",      15 },
	{ "loading",   "loading-10",     20 },
	{ "loading",   "loading-100",    40 },
	{ "replace",   "replace",        80 },
	{ "bulk",      "bulk-insert",    45 },
	{ "bulk",      "bulk-dump",      20 },
	{ "bulk",      "bulk-edit",      30 },
	{ "stats",     "stats-once",     10 },
	{ "stats",     "stats-many",     25 },
	{ "stats",     "stats-watch",    25 },
	{ "memory",    "memory-1k",      15 },
	{ "memory",    "memory-100k",    15 },
	{ "memory",    "memory-1M",      40 },
	{ "memory",    "memory6-1M",     60 },
	/* clang-format on */
};

static bool is_wanted(const char *group)
{
	size_t len = strlen(group);
	const char *at = bench.groups;

	while (*at && (strcspn(at, " ") != len || strncmp(at, group, len))) {
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	return *at;
}

double plan_end(const char *table)
{
	double now = now_seconds(), own = 0, all = 0;

	for (size_t i = 0; i < sizeof(plan) / sizeof(plan[0]); i++) {
		if (!own && !strcmp(plan[i].table, table))
			own = plan[i].seconds;
		if (own && is_wanted(plan[i].group))
			all += plan[i].seconds;
	}
	if (bench.quick || !all || now > bench.deadline)
		return bench.deadline;
	return now + (bench.deadline - now) * own / all;
}
