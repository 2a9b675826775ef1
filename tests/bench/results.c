// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "tests/bench/results.h"

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value below which that share of them lies, 0 to 1; sorts them. */
static double quantile(double *values, unsigned int n, double share)
{
	double at = share * (n - 1);
	unsigned int below = (unsigned int)at;

	qsort(values, n, sizeof(*values), compare);
	if (below + 1 >= n)
		return values[n - 1];
	return values[below] + (at - below) * (values[below + 1] - values[below]);
}

/* Twice the standard error of a median: what lies between the quartiles, over the root of n. */
static double unsure_by(double *values, unsigned int n)
{
	return 2 * (quantile(values, n, 0.75) - quantile(values, n, 0.25)) / sqrt(n);
}

static struct summary summarize(const double *values, unsigned int n)
{
	double sorted[TABLE_ROUNDS];
	struct summary summary = {};

	memcpy(sorted, values, n * sizeof(*values));
	summary.median = quantile(sorted, n, 0.5);
	summary.min = sorted[0];
	summary.max = sorted[n - 1];
	summary.unsure = unsure_by(sorted, n);
	return summary;
}

bool row_is_measured(const struct row *row)
{
	return row && !row->missing[0];
}

static size_t index_of(const struct table *table, const struct row *row)
{
	return row - table->rows;
}

/* The row that is taken off another one, in the one metric that has zero lines, or NULL. */
static const struct row *zero_of(struct table *table, const struct row *row, size_t metric)
{
	return row->zero[0] && metric == table->zero_metric ? table_find(table, row->zero) : NULL;
}

/* A row without what its zero row cost in the same round. */
static double net(struct table *table, const struct samples *samples, const struct row *row,
                  size_t metric, unsigned int round)
{
	double value = samples->of[index_of(table, row)][metric][round];
	const struct row *zero = zero_of(table, row, metric);

	return zero ? value - samples->of[index_of(table, zero)][metric][round] : value;
}

/* What of a value may be noise: the share that A/A has of the row as it was measured. */
static double noise_in(struct table *table, const struct samples *samples, const struct row *row,
                       size_t metric)
{
	if (!zero_of(table, row, metric))
		return 0;
	return table->noise[metric].share *
	       summarize(samples->of[index_of(table, row)][metric], samples->rounds).median;
}

/* As the ratio that the row of A/A has; which of the two it is in favour of is of no interest. */
static struct noise noise_between(const double *as, const double *aas, bool higher, unsigned int n)
{
	double off[TABLE_ROUNDS];
	struct noise noise;

	for (unsigned int i = 0; i < n; i++)
		off[i] = as[i] > 0 && aas[i] > 0 ? (higher ? aas[i] / as[i] : as[i] / aas[i]) - 1
		                                 : 1;
	noise.share = fmax(fabs(quantile(off, n, 0.5)), unsure_by(off, n));
	noise.size = noise.share * summarize(as, n).median;
	/* Of fewer rounds A/A is a matter of luck. */
	noise.reliable = noise.share <= NOISE_LIMIT && n >= ROUNDS_LEAST;
	return noise;
}

/* The row that a row repeats, if both are measured, or NULL. */
static const struct row *repeated_by(struct table *table, const struct row *again)
{
	bool aa = !strcmp(again->name, ROW_AA);
	const struct row *row = table_find(table, aa ? table->reference : again->again);

	return row_is_measured(again) && row_is_measured(row) ? row : NULL;
}

static void add_noise(struct noise *all, struct noise one)
{
	all->share = fmax(all->share, one.share);
	all->size = fmax(all->size, one.size);
	all->reliable = all->reliable && one.reliable;
}

void results_noise(struct table *table, const struct samples *samples)
{
	for (size_t m = 0; m < table->metrics_len; m++)
		table->noise[m] = (struct noise){ .reliable = true };
	for (size_t r = 0; r < table->rows_len; r++) {
		const struct row *again = &table->rows[r], *row = repeated_by(table, again);

		for (size_t m = 0; row && m < table->metrics_len; m++)
			if (!table->metrics[m].no_ratio)
				add_noise(&table->noise[m],
				          noise_between(samples->of[index_of(table, row)][m],
				                        samples->of[r][m], table->metrics[m].higher,
				                        samples->rounds));
	}
}

static size_t count_unreliable(const struct noise *noise, size_t n)
{
	size_t unreliable = 0;

	for (size_t m = 0; m < n; m++)
		unreliable += !noise[m].reliable;
	return unreliable;
}

static double worst(const struct noise *noise, size_t n)
{
	double most = 0;

	for (size_t m = 0; m < n; m++)
		most = fmax(most, noise[m].share);
	return most;
}

bool results_are_quieter(const struct table *table, const struct noise *than)
{
	size_t n = table->metrics_len;
	size_t mine = count_unreliable(table->noise, n), other = count_unreliable(than, n);

	return mine != other ? mine < other : worst(table->noise, n) < worst(than, n);
}

bool results_are_reliable(const struct table *table)
{
	return !count_unreliable(table->noise, table->metrics_len);
}

/* The values of a row in a metric, net, with their median and how far noise may bring it off. */
struct side {
	double values[TABLE_ROUNDS], median, noise;
	double off;  /* of what is above a zero line: by noise, or as the rounds are spread */
	bool drowns; /* that is too much of it */
};

static struct side side_of(struct table *table, const struct samples *samples,
                           const struct row *row, size_t metric)
{
	struct side side = { .noise = noise_in(table, samples, row, metric) };
	struct summary all;

	for (unsigned int i = 0; i < samples->rounds; i++)
		side.values[i] = net(table, samples, row, metric, i);
	all = summarize(side.values, samples->rounds);
	side.median = all.median;
	if (zero_of(table, row, metric))
		side.off = fmax(side.noise, all.unsure);
	side.drowns = side.median <= RATIO_TIMES * side.off;
	return side;
}

/* The larger one is known, the smaller one drowns: what their ratio is beyond, with both at worst.
 */
static double bound_of(const struct side *larger, const struct side *smaller)
{
	return (larger->median - larger->off) / (fmax(smaller->median, 0) + smaller->off);
}

/*
 * The medians decide: of many rounds there is always one that drowns. Then a value counts as what
 * may be noise, which is the least that it may be known to be.
 */
static bool find_ratio(struct table *table, const struct samples *samples, const struct row *row,
                       const struct row *vs, size_t metric, struct summary *ratio)
{
	struct side mine = side_of(table, samples, row, metric);
	struct side other = side_of(table, samples, vs, metric);
	const struct side *above = table->metrics[metric].higher ? &mine : &other;
	const struct side *below = table->metrics[metric].higher ? &other : &mine;
	double ratios[TABLE_ROUNDS], bound;

	if (above->drowns && below->drowns)
		return false;
	if (above->drowns || below->drowns) {
		bound = above->drowns ? bound_of(below, above) : bound_of(above, below);
		if (!isfinite(bound) || bound <= 1)
			return false;
		*ratio = (struct summary){ .bound = above->drowns ? '<' : '>' };
		ratio->median = above->drowns ? 1 / bound : bound;
		ratio->min = ratio->max = ratio->median;
		return true;
	}
	for (unsigned int i = 0; i < samples->rounds; i++) {
		double up = fmax(above->values[i], above->noise);
		double down = fmax(below->values[i], below->noise);

		if (up <= 0 || down <= 0)
			return false; /* above its zero line in the median, and by no noise */
		ratios[i] = up / down;
	}
	*ratio = summarize(ratios, samples->rounds);
	return true;
}

bool results_ratio(struct table *table, const struct row *row, const struct row *vs, size_t metric,
                   struct summary *ratio)
{
	return find_ratio(table, table->samples, row, vs, metric, ratio);
}

double results_noise_of(struct table *table, const struct row *row, size_t metric)
{
	size_t n = table->samples->rounds;
	double raw = summarize(table->samples->of[index_of(table, row)][metric], n).median;
	double value = fabs(row->value[metric].median);
	double share = table->noise[metric].share;

	return zero_of(table, row, metric) && value > 0 ? share * raw / value : share;
}

double results_ratio_margin(struct table *table, const struct row *row, const struct row *vs,
                            size_t metric, const struct summary *ratio)
{
	double noise = table->noise[metric].share;

	/* A/A is a ratio of two; but what is above a zero line is a difference, each its own. */
	if (zero_of(table, row, metric) || zero_of(table, vs, metric))
		noise = hypot(results_noise_of(table, row, metric),
		              results_noise_of(table, vs, metric));
	return fmax(noise * fmax(ratio->median, 1), ratio->unsure);
}

static void make_values(struct table *table, const struct samples *samples, struct row *row)
{
	double values[TABLE_ROUNDS];

	for (size_t m = 0; row_is_measured(row) && m < table->metrics_len; m++) {
		for (unsigned int i = 0; i < samples->rounds; i++)
			values[i] = net(table, samples, row, m, i);
		row->value[m] = summarize(values, samples->rounds);
	}
}

static void make_ratios(struct table *table, const struct samples *samples, struct row *row)
{
	const struct row *vs = row_against(table, row);
	struct summary *ratio;

	for (size_t m = 0; row_is_measured(row) && row_is_measured(vs) && m < table->metrics_len;
	     m++) {
		if (table->metrics[m].no_ratio)
			continue;
		ratio = &row->ratio[m];
		row->has_ratio[m] = find_ratio(table, samples, row, vs, m, ratio);
		row->drowned[m] = !row->has_ratio[m];
		ratio->even =
			row->has_ratio[m] && !ratio->bound &&
			(row_repeats(row) ||
		         fabs(ratio->median - 1) <= results_ratio_margin(table, row, vs, m, ratio));
	}
}

void results_make(struct table *table, const struct samples *samples)
{
	for (size_t r = 0; r < table->rows_len; r++)
		make_values(table, samples, &table->rows[r]);
	for (size_t r = 0; r < table->rows_len; r++)
		make_ratios(table, samples, &table->rows[r]);
	table->rounds_done = samples->rounds;
}
