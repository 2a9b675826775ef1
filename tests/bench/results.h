/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rounds of a table come to: medians, ratios, and what they are worth. */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include "tests/bench/table.h"

/* The values of one attempt: by row, metric and round. */
struct samples {
	double of[TABLE_ROWS][TABLE_METRICS][TABLE_ROUNDS];
	unsigned int rounds;
};

bool row_is_measured(const struct row *row);

/*
 * How far A/A is from 1 in the median, and what the spread of its quartiles leaves for a median of
 * so many rounds. Taken of the raw values: two differences from the zero line would double it.
 */
void results_noise(struct table *table, const struct samples *samples);

/* All rows; after results_noise(), in which a ratio may drown. */
void results_make(struct table *table, const struct samples *samples);

#endif
