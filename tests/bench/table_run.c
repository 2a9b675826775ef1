// SPDX-License-Identifier: GPL-2.0-or-later
/* The rounds of a table. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/frame.h"
#include "tests/bench/results.h"
#include "tests/bench/usage.h"

#define ATTEMPTS 3

static int run_row(struct table *table, struct samples *samples, size_t r, unsigned int round)
{
	struct row *row = &table->rows[r];
	double values[TABLE_METRICS] = {};
	int err;

	if (!row_is_measured(row))
		return 0;
	err = row->round(row, values);
	if (err)
		return failed(err, "cannot measure %s of table %s", row->name, table->name);
	for (size_t m = 0; m < table->metrics_len; m++)
		samples->of[r][m][round] = values[m];
	return 0;
}

/*
 * Another order in each round: no row is always beside the same one, nor behind all. The orders are
 * the same in each run.
 */
static void shuffle(size_t *order, size_t n, __u64 *seed)
{
	for (size_t i = 0; i < n; i++) {
		size_t other = random_next(seed) % (i + 1);

		order[i] = order[other];
		order[other] = i;
	}
}

static int run_rounds(struct table *table, struct samples *samples, double deadline)
{
	size_t order[TABLE_ROWS];
	unsigned int round, least;
	__u64 seed = 1;
	int err;

	for (round = 0; round < table->rounds && round < TABLE_ROUNDS; round++) {
		least = now_seconds() > bench.end ? 1 : ROUNDS_LEAST;
		if (round >= least && now_seconds() > deadline)
			break;
		shuffle(order, table->rows_len, &seed);
		for (size_t i = 0; i < table->rows_len; i++) {
			err = run_row(table, samples, order[i], round);
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

	for (size_t i = 0; !row_is_measured(reference) && i < table->rows_len; i++)
		reference = &table->rows[i];
	if (!row_is_measured(reference))
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

/*
 * One attempt after the other, as long as there is time for another whole one. Of those that are
 * not cut short the quietest is kept.
 */
static int run_attempts(struct table *table, struct samples *samples, struct samples *best)
{
	struct noise quietest[TABLE_METRICS];
	double started = now_seconds(), begun = started, took;
	int err;

	for (;;) {
		err = run_rounds(table, samples, fmin(bench.deadline, begun + table->seconds));
		if (err)
			return err;
		table->attempts++;
		results_noise(table, samples);
		if (table->attempts == 1 ||
		    (samples->rounds >= best->rounds && results_are_quieter(table, quietest))) {
			memcpy(quietest, table->noise, sizeof(quietest));
			*best = *samples;
		}
		memcpy(table->noise, quietest, sizeof(quietest));
		took = now_seconds() - begun;
		begun += took;
		if (results_are_reliable(table) || bench.quick || table->attempts == ATTEMPTS ||
		    begun + took > fmin(bench.deadline, started + 2 * table->seconds))
			return 0;
	}
}

int table_run(struct table *table)
{
	struct row *reference = choose_reference(table);
	struct samples *samples, *best;
	struct cpu_usage before;
	int err;

	if (!reference)
		return 0; /* each row says why it is missing */
	note("measuring %s", table->name);
	if (!table_find(table, ROW_AA))
		add_aa(table, reference);
	samples = calloc(1, sizeof(*samples));
	best = table->samples = calloc(1, sizeof(*best));
	if (!samples || !best) {
		free(samples);
		return failed(-ENOMEM, "cannot keep what table %s measures", table->name);
	}
	cpu_usage_read(&before);
	err = run_attempts(table, samples, best);
	if (!err) {
		table->others = cpu_usage_of_others(&before);
		results_make(table, best);
		table->measured = true;
	}
	free(samples);
	return err;
}
