/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One reading of what a parse program counted on an interface. */
#ifndef SCRIPTS_TOP_SAMPLE_H
#define SCRIPTS_TOP_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include "objects/parse.h"
#include "scripts/config.h"

enum top_sort {
	TOP_PACKETS,
	TOP_BYTES,
	TOP_RATE, /* packets per second */
};

struct top_count {
	__u64 packets, bytes;
	double pps, bps; /* bps: bits */
};

struct top_source {
	struct source_key key;
	struct top_count count;
};

struct top_sample {
	__u64 time_ns;    /* CLOCK_REALTIME */
	__u64 elapsed_ns; /* CLOCK_MONOTONIC, from which rates come */
	__u32 sources_id, protocols_id;
	__u32 room; /* so many sources the map keeps at the most */
	bool has_rates;
	struct top_source *sources; /* by address */
	const struct top_source **busiest;
	size_t len;
	struct top_count protocols[PARSE_SLOTS];
	struct top_count all; /* the sum of the protocols: every packet that was seen */
};

/*
 * Read the two maps of a parse program; with rates against the sample before, if that is not NULL
 * and of the same maps. Returns 0 or a negative errno, reported. top_free() releases it either way.
 */
int top_take(struct top_sample *sample, const struct config *config,
             const struct top_sample *before);
void top_free(struct top_sample *sample);

/* Put the sources into the order of `busiest`. */
void top_sort(struct top_sample *sample, enum top_sort by);

/* What is counted in a slot: "IPv4 TCP", "IPv6 protocol 89", "truncated". Until the next call. */
const char *top_protocol(__u32 slot);

#endif
