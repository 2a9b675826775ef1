// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "tests/bench/bench.h"
#include "tests/bench/plan.h"

/* So many seconds must be measured until they tell as much of the machine as the plan does. */
#define SLOWNESS_KNOWN 60

/*
 * In the order in which they are made, with seconds on a slow machine: what is set up for it and
 * ROUNDS_LEAST rounds, which each table has; and how many more it has use for.
 */
static const struct {
	const char *group, *table;
	double least, more;
} plan[] = {
	/* clang-format off */
	{ "packet",    "packet-xdp",       9, 40 },
	{ "packet",    "packet-tc",        6, 40 },
	{ "blocklist", "blocklist-1k",    20, 15 },
	{ "blocklist", "blocklist6-1k",   20, 15 },
	{ "blocklist", "blocklist-100k",  25, 20 },
	{ "blocklist", "blocklist-1M",    45, 40 },
	{ "blocklist", "blocklist6-1M",   50, 40 },
	{ "frames",    "frames-drop",      5, 15 },
	{ "frames",    "frames-forward",  12, 20 },
	{ "hooks",     "hooks-cost",      11, 30 },
	{ "hooks",     "hooks-drop",       5, 12 },
	{ "hooks",     "hooks-pass",       5, 12 },
	{ "hooks",     "hooks-forward",    8, 12 },
	{ "loading",   "loading-1",        3,  6 },
	{ "loading",   "loading-10",       8,  8 },
	{ "loading",   "loading-100",     38, 20 },
	{ "replace",   "replace",         14, 30 },
	{ "bulk",      "bulk-insert",    180,  0 },
	{ "bulk",      "bulk-dump",       45,  5 },
	{ "bulk",      "bulk-edit",       40, 10 },
	{ "stats",     "stats-once",       8,  5 },
	{ "stats",     "stats-many",       3,  5 },
	{ "stats",     "stats-watch",      3,  5 },
	{ "memory",    "memory-1k",        5,  2 },
	{ "memory",    "memory-100k",      8,  3 },
	{ "memory",    "memory-1M",       40,  5 },
	{ "memory",    "memory6-1M",      50,  5 },
	/* clang-format on */
};
static const size_t plan_len = sizeof(plan) / sizeof(plan[0]);

/* Seconds that tables of this run took for their least, and those of the plan for these. */
static double taken, planned;

/* How many times as long as planned this machine takes: for little that is measured, once. */
static double slowness(void)
{
	return (taken + SLOWNESS_KNOWN) / (planned + SLOWNESS_KNOWN);
}

void plan_learn(const char *table, double seconds)
{
	for (size_t i = 0; i < plan_len; i++)
		if (!strcmp(plan[i].table, table)) {
			taken += seconds;
			planned += plan[i].least;
		}
}

void plan_forget(void)
{
	taken = planned = 0;
}

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
	double now = now_seconds(), own = 0, least = 0, own_more = 0, more = 0;
	double spare, surplus;
	bool began = false;

	for (size_t i = 0; i < plan_len; i++) {
		if (!strcmp(plan[i].table, table)) {
			began = true;
			own = fmax(plan[i].least * slowness() - (now - bench.set_up_since), 0);
			own_more = plan[i].more;
			least = own;
			more = own_more;
		} else if (began && is_wanted(plan[i].group)) {
			least += plan[i].least * slowness();
			more += plan[i].more;
		}
	}
	if (bench.quick || !more || now > bench.deadline)
		return bench.deadline;
	spare = fmax(bench.deadline - now - least, 0);
	surplus = spare - (TABLE_ATTEMPTS - 1) * (least - own) - more;
	return fmin(now + own + fmax(spare * own_more / more, surplus), bench.deadline);
}
