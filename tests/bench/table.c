// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/machine.h"

#define ATTEMPTS 3

/* The values of one attempt: by row, metric and round. */
struct samples {
	double of[TABLE_ROWS][TABLE_METRICS][TABLE_ROUNDS];
	unsigned int rounds;
};

struct table *table_new(const char *name, const char *title)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table || bench.tables_len == BENCH_TABLES) {
		free(table);
		failed(-ENOMEM, "cannot make a table for %s", name);
		return NULL;
	}
	snprintf(table->name, sizeof(table->name), "%s", name);
	snprintf(table->title, sizeof(table->title), "%s", title);
	table->rounds = bench.rounds;
	bench.tables[bench.tables_len++] = table;
	return table;
}

void table_metric(struct table *table, struct metric metric)
{
	if (table->metrics_len < TABLE_METRICS)
		table->metrics[table->metrics_len++] = metric;
}

void table_note(struct table *table, const char *note)
{
	if (table->notes_len < TABLE_NOTES)
		table->notes[table->notes_len++] = note;
}

/* One place is kept for A/A. What does not fit is a mistake of the group, and ends the run. */
struct row *table_row(struct table *table, const char *name, const char *what,
                      int (*round)(struct row *row, double values[TABLE_METRICS]), void *subject)
{
	struct row *row = &table->rows[table->rows_len];

	if (table->rows_len >= TABLE_ROWS - 1 && strcmp(name, ROW_AA)) {
		failed(-E2BIG, "cannot add row %s to table %s", name, table->name);
		abort();
	}
	table->rows_len++;
	snprintf(row->name, sizeof(row->name), "%s", name);
	row->what = what;
	row->round = round;
	row->subject = subject;
	if (!table->reference[0])
		snprintf(table->reference, sizeof(table->reference), "%s", name);
	return row;
}

struct row *table_find(struct table *table, const char *name)
{
	for (size_t i = 0; i < table->rows_len; i++)
		if (!strcmp(table->rows[i].name, name))
			return &table->rows[i];
	return NULL;
}

static bool is_zero(const struct table *table, const struct row *row)
{
	for (size_t i = 0; i < table->rows_len; i++)
		if (!strcmp(table->rows[i].zero, row->name))
			return true;
	return false;
}

struct row *row_against(struct table *table, const struct row *row)
{
	if (row->vs[0])
		return table_find(table, row->vs);
	if (strcmp(row->name, ROW_AA) &&
	    (row->zero[0] || is_zero(table, row) || !strcmp(row->name, table->reference)))
		return NULL;
	return table_find(table, table->reference);
}

void row_missing(struct row *row, bool absent, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(row->missing, sizeof(row->missing), fmt, args);
	va_end(args);
	row->absent = absent;
}

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

static struct summary summarize(const double *values, unsigned int n)
{
	double sorted[TABLE_ROUNDS];
	struct summary summary;

	memcpy(sorted, values, n * sizeof(*values));
	summary.median = quantile(sorted, n, 0.5);
	summary.min = sorted[0];
	summary.max = sorted[n - 1];
	return summary;
}

static bool is_measured(const struct row *row)
{
	return row && !row->missing[0];
}

static size_t index_of(const struct table *table, const struct row *row)
{
	return row - table->rows;
}

/* A row without what its zero row cost in the same round. */
static double net(struct table *table, const struct samples *samples, const struct row *row,
                  size_t metric, unsigned int round)
{
	double value = samples->of[index_of(table, row)][metric][round];
	const struct row *zero = row->zero[0] ? table_find(table, row->zero) : NULL;

	if (zero && metric == table->zero_metric)
		value -= samples->of[index_of(table, zero)][metric][round];
	return value;
}

/*
 * How far A/A is from 1 in the median, and what the spread of its quartiles leaves for a median of
 * so many rounds. Taken of the raw values: two differences from the zero line would double it.
 */
static void find_noise(struct table *table, const struct samples *samples)
{
	const struct row *a = table_find(table, table->reference), *aa = table_find(table, ROW_AA);
	const double *as = samples->of[index_of(table, a)][0];
	const double *aas = samples->of[index_of(table, aa)][0];
	double off[TABLE_ROUNDS], median, spread;
	unsigned int n = samples->rounds;

	for (unsigned int i = 0; i < n; i++)
		off[i] = as[i] > 0 ? aas[i] / as[i] - 1 : 1;
	median = quantile(off, n, 0.5);
	spread = quantile(off, n, 0.75) - quantile(off, n, 0.25);
	table->noise = fmax(fabs(median), spread / sqrt(n));
	table->noise_abs = table->noise * summarize(as, n).median;
}

static void find_ratio(struct table *table, const struct samples *samples, struct row *row,
                       size_t metric)
{
	const struct row *vs = row_against(table, row);
	double ratios[TABLE_ROUNDS], mine, other;
	double least = metric == 0 && row->zero[0] ? table->noise_abs : 0;
	unsigned int n = samples->rounds;

	row->has_ratio[metric] = false;
	if (!is_measured(vs) || table->metrics[metric].no_ratio)
		return;
	for (unsigned int i = 0; i < n; i++) {
		mine = net(table, samples, row, metric, i);
		other = net(table, samples, vs, metric, i);
		if (mine <= least || other <= least)
			return; /* a difference that drowns in the noise */
		ratios[i] = table->metrics[metric].higher ? mine / other : other / mine;
	}
	row->ratio[metric] = summarize(ratios, n);
	row->has_ratio[metric] = true;
}

static void find_results(struct table *table, const struct samples *samples)
{
	double values[TABLE_ROUNDS];

	for (size_t r = 0; r < table->rows_len; r++) {
		struct row *row = &table->rows[r];

		for (size_t m = 0; is_measured(row) && m < table->metrics_len; m++) {
			for (unsigned int i = 0; i < samples->rounds; i++)
				values[i] = net(table, samples, row, m, i);
			row->value[m] = summarize(values, samples->rounds);
			find_ratio(table, samples, row, m);
		}
	}
	table->rounds_done = samples->rounds;
}

static int run_row(struct table *table, struct samples *samples, size_t r, unsigned int round)
{
	struct row *row = &table->rows[r];
	double values[TABLE_METRICS] = {};
	int err;

	if (!is_measured(row))
		return 0;
	err = row->round(row, values);
	if (err)
		return failed(err, "cannot measure %s of table %s", row->name, table->name);
	for (size_t m = 0; m < table->metrics_len; m++)
		samples->of[r][m][round] = values[m];
	return 0;
}

/* Each round begins with another row and goes the other way: nobody is always behind somebody. */
static int run_rounds(struct table *table, struct samples *samples)
{
	size_t n = table->rows_len, at;
	unsigned int round;
	int err;

	for (round = 0; round < table->rounds && round < TABLE_ROUNDS; round++) {
		if (round >= 3 && now_seconds() > bench.deadline)
			break;
		for (size_t i = 0; i < n; i++) {
			at = (i + round) % n;
			err = run_row(table, samples, round % 2 ? n - 1 - at : at, round);
			if (err)
				return err;
		}
	}
	samples->rounds = round;
	return 0;
}

/* The reference must be measured: if its subject is missing, the first that is not. */
static struct row *choose_reference(struct table *table)
{
	struct row *reference = table_find(table, table->reference);

	for (size_t i = 0; !is_measured(reference) && i < table->rows_len; i++)
		reference = &table->rows[i];
	if (!is_measured(reference))
		return NULL;
	snprintf(table->reference, sizeof(table->reference), "%s", reference->name);
	return reference;
}

static int add_aa(struct table *table, const struct row *reference)
{
	struct row *aa = table_row(table, ROW_AA, "the reference once more", reference->round,
	                           reference->subject);

	snprintf(aa->zero, sizeof(aa->zero), "%s", reference->zero);
	return 0;
}

int table_run(struct table *table)
{
	struct row *reference = choose_reference(table);
	struct samples *samples, *best;
	struct cpu_usage before;
	double noise = INFINITY;
	int err = 0;

	if (!reference)
		return 0; /* each row says why it is missing */
	note("measuring %s", table->name);
	if (!table_find(table, ROW_AA))
		add_aa(table, reference);
	samples = calloc(2, sizeof(*samples));
	if (!samples)
		return failed(-ENOMEM, "cannot keep what table %s measures", table->name);
	best = samples + 1;
	cpu_usage_read(&before);
	while (!err && table->attempts < ATTEMPTS) {
		err = run_rounds(table, samples);
		if (err)
			break;
		table->attempts++;
		find_noise(table, samples);
		if (table->noise < noise) {
			noise = table->noise;
			*best = *samples;
		}
		if (noise <= NOISE_LIMIT || bench.quick || now_seconds() > bench.deadline)
			break;
	}
	if (!err) {
		table->others = cpu_usage_of_others(&before);
		find_noise(table, best);
		find_results(table, best);
		table->measured = true;
		table->reliable = table->noise <= NOISE_LIMIT;
	}
	free(samples);
	return err;
}
