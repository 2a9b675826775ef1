/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rounds of a table come to: medians, ratios, and what they are worth. */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include "tests/bench/table.h"

/*
 * What is above a zero line is known if it is more than so many times what it may be off: to a
 * third. Else only what its ratio to another one is beyond.
 */
#define RATIO_TIMES 3

/* The values of one attempt: by row, metric and round. */
struct samples {
	double of[TABLE_ROWS][TABLE_METRICS][TABLE_ROUNDS];
	unsigned int rounds;
	double seconds; /* that these took */
};

bool row_is_measured(const struct row *row);

/*
 * Of each metric, of the worst A/A: how far its median is from 1, or twice the standard error of
 * that, if it is more. Taken of the raw values: two differences from the zero line would double it.
 * Two rows that are the same differ by less than that, or than the same of their own rounds, in
 * some 9 of 10 cases with 3 rounds, and 19 of 20 with 7 and more.
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
 * what that is more or less than, if one of the two is not known, see RATIO_TIMES. Returns false if
 * nothing can be said: neither is, or they may be the same.
 */
bool results_ratio(struct table *table, const struct row *row, const struct row *vs, size_t metric,
                   struct summary *ratio);

/* How far noise may bring such a ratio off, which has no bound: by A/A, or as its rounds are
 * spread. */
double results_ratio_margin(struct table *table, const struct row *row, const struct row *vs,
                            size_t metric, const struct summary *ratio);

/* How far A/A alone may bring a value off, as a share of it: more if a zero line is taken off. */
double results_noise_of(struct table *table, const struct row *row, size_t metric);

#endif
