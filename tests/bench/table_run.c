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
#include "tests/bench/plan.h"
#include "tests/bench/results.h"
#include "tests/bench/usage.h"

/* With fewer the quietest attempt would be a matter of luck. */
#define ROUNDS_ENOUGH 7

/* What a row repeats says what failed; but A/A may have a subject of its own. */
static struct row *row_of(struct table *table, struct row *row)
{
	struct row *reference = table_find(table, table->reference);

	if (row->again[0])
		return table_find(table, row->again);
	return !strcmp(row->name, ROW_AA) && row->subject == reference->subject ? reference : row;
}

/*
 * The others are measured without it. A peer whose tool does not work here, which shows at once, is
 * no failure. If it was the reference, another one takes its place: returns -EAGAIN then. Why it is
 * left out was reported.
 */
static int leave_out(struct table *table, struct row *row, int err, bool at_once)
{
	row = row_of(table, row);
	if (!strcmp(row->name, ROW_AA)) {
		snprintf(table->failed, sizeof(table->failed), "%s: %s", row->name,
		         log_last_failure());
		return rejected(err, "cannot measure %s of table %s", row->name, table->name);
	}
	if ((err == -ECHILD || err == -ETIME) && row->peer && at_once) {
		row_missing(row, false, "cannot be measured here: %s", log_last_failure());
	} else {
		row_fail(table, row);
		rejected(err, "cannot measure %s of table %s", row->name, table->name);
	}
	return row_is_measured(table_find(table, table->reference)) ? 0 : -EAGAIN;
}

static int run_row(struct table *table, struct samples *samples, size_t r, unsigned int round)
{
	struct row *row = &table->rows[r];
	double values[TABLE_METRICS] = {};
	int err;

	if (!row_is_measured(row))
		return 0;
	err = row->round(row, values);
	if (err)
		return leave_out(table, row, err, !round && !table->attempts);
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

/*
 * An attempt's next rounds, up to so many of all, until one that takes as long as those before
 * would not end by the deadline.
 */
static int run_rounds(struct table *table, struct samples *samples, unsigned int most,
                      double deadline)
{
	size_t order[TABLE_ROWS];
	unsigned int least;
	__u64 seed = 1;
	double begun;
	int err;

	for (unsigned int round = 0; round < most && round < TABLE_ROUNDS; round++) {
		shuffle(order, table->rows_len, &seed);
		if (round < samples->rounds)
			continue;
		begun = now_seconds();
		least = begun > bench.end ? 1 : ROUNDS_LEAST;
		if (round >= least && begun + samples->seconds / round > deadline)
			break;
		for (size_t i = 0; i < table->rows_len; i++) {
			err = run_row(table, samples, order[i], round);
			if (err)
				return err;
		}
		samples->seconds += now_seconds() - begun;
		samples->rounds = round + 1;
	}
	results_noise(table, samples);
	return 0;
}

/* The reference must be measured: if its subject is missing, the first that is not. */
static struct row *choose_reference(struct table *table)
{
	struct row *reference = table_find(table, table->reference);

	for (size_t i = 0; !row_is_measured(reference) && i < table->rows_len; i++)
		if (strcmp(table->rows[i].name, ROW_AA) && !table->rows[i].again[0])
			reference = &table->rows[i];
	if (!row_is_measured(reference))
		return NULL;
	snprintf(table->reference, sizeof(table->reference), "%s", reference->name);
	return reference;
}

static void set_aa(struct table *table, const struct row *reference)
{
	struct row *aa = table_find(table, ROW_AA);

	if (!aa)
		aa = table_row(table, ROW_AA, "", NULL, NULL);
	aa->missing[0] = '\0';
	aa->what = "the reference once more";
	aa->round = reference->round;
	aa->subject = reference->subject;
	aa->peer = reference->peer;
	snprintf(aa->zero, sizeof(aa->zero), "%s", reference->zero);
}

/*
 * The first attempt has half of the time, once its rounds are enough to tell: as much again is for
 * the next one, or for more rounds.
 */
static int run_first(struct table *table, struct samples *best, double until)
{
	unsigned int enough = table->rounds < ROUNDS_ENOUGH ? table->rounds : ROUNDS_ENOUGH;
	double begun = now_seconds(), half = bench.quick ? until : begun + (until - begun) / 2;
	int err;

	best->rounds = 0;
	best->seconds = 0;
	err = run_rounds(table, best, enough, fmin(until, begun + table->seconds));
	if (!err)
		err = run_rounds(table, best, table->rounds, fmin(half, begun + table->seconds));
	table->attempts = 1;
	if (err)
		return err;
	plan_learn(table->name,
	           begun - bench.set_up_since + best->seconds * ROUNDS_LEAST / best->rounds);
	if (results_are_reliable(table) || now_seconds() + best->seconds > until)
		err = run_rounds(table, best, table->rounds, fmin(until, begun + table->seconds));
	return err;
}

/* It is not reliable, and there is time for another attempt; else the table says why not. */
static bool may_repeat(struct table *table, const struct samples *best, double until)
{
	double left = fmax(until - now_seconds(), 0);

	if (results_are_reliable(table) || bench.quick || table->attempts == TABLE_ATTEMPTS)
		return false;
	if (best->seconds <= left)
		return true;
	snprintf(table->unrepeated, sizeof(table->unrepeated),
	         "that takes %.3g seconds, and its share of the run has %.3g left", best->seconds,
	         left);
	return false;
}

/*
 * One attempt after the other, each of as many rounds, as long as there is time for another whole
 * one. Of those that are not cut short the quietest is kept.
 */
static int run_attempts(struct table *table, struct samples *samples, struct samples *best)
{
	double until = plan_end(table->name);
	struct noise quietest[TABLE_METRICS];
	int err = run_first(table, best, until);

	while (!err && may_repeat(table, best, until)) {
		memcpy(quietest, table->noise, sizeof(quietest));
		samples->rounds = 0;
		samples->seconds = 0;
		err = run_rounds(table, samples, best->rounds, until);
		if (err)
			return err;
		table->attempts++;
		if (samples->rounds >= best->rounds && results_are_quieter(table, quietest))
			*best = *samples;
		else
			memcpy(table->noise, quietest, sizeof(quietest));
	}
	return err;
}

static int run_measured(struct table *table, struct samples *samples)
{
	const struct row *own =
		table_find(table, ROW_AA) ? table_find(table, table->reference) : NULL;
	struct row *reference;
	int err;

	do {
		table->attempts = 0;
		table->unrepeated[0] = '\0';
		reference = choose_reference(table);
		if (!reference)
			return 0; /* each row says why it is missing */
		if (reference != own)
			set_aa(table, reference);
		err = run_attempts(table, samples, table->samples);
	} while (err == -EAGAIN);
	if (!err) {
		results_make(table, table->samples);
		table->measured = true;
	}
	return err;
}

int table_run(struct table *table)
{
	struct samples *samples;
	struct cpu_usage before;
	int err;

	if (!choose_reference(table))
		return 0;
	note("measuring %s", table->name);
	samples = calloc(1, sizeof(*samples));
	table->samples = calloc(1, sizeof(*table->samples));
	if (!samples || !table->samples) {
		free(samples);
		return failed(-ENOMEM, "cannot keep what table %s measures", table->name);
	}
	cpu_usage_read(&before);
	err = run_measured(table, samples);
	table->others = cpu_usage_of_others(&before);
	free(samples);
	bench.set_up_since = now_seconds();
	return err;
}
