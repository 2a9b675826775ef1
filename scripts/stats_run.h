/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sampling the interfaces that were asked for, once or again and again. */
#ifndef STATS_RUN_H
#define STATS_RUN_H

#include <linux/types.h>
#include <stdbool.h>

struct stats_options {
	bool watch;
	bool json;
	bool verbose;
	__u64 interval_ns;
	const char *netns; /* or NULL */
};

/* Print the counters of these interfaces; of all that have a directory if count is 0.
 * Returns an exit status. */
int stats_run(const struct stats_options *how, char *const ifnames[], int count);

#endif
