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
 * Of each metric, how far the worst A/A is from 1 in the median, and what the spread of its
 * quartiles leaves for a median of so many rounds. Taken of the raw values: two differences from
 * the zero line would double it.
 */
void results_noise(struct table *table, const struct samples *samples);

/* Whether one attempt is to be preferred: in fewer metrics unreliable, else less so in its worst.
 */
bool results_are_quieter(const struct table *table, const struct noise *than);

/* All of its metrics are reliable. */
bool results_are_reliable(const struct table *table);

/* All rows; after results_noise(), in which a ratio may drown. */
void results_make(struct table *table, const struct samples *samples);

/*
 * How many times better a row of a measured table is than another one, in each round; or only
 * what that is more or less than, if one of the two drowns in the noise of what its zero line is
 * taken off. Returns false if nothing can be said: both do, or the other is hardly above it.
 */
bool results_ratio(struct table *table, const struct row *row, const struct row *vs, size_t metric,
                   struct summary *ratio);

/* How far A/A alone may bring a value off, as a share of it: more if a zero line is taken off. */
double results_noise_of(struct table *table, const struct row *row, size_t metric);

#endif
