// SPDX-License-Identifier: GPL-2.0-or-later
/* The rounds of a table. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/machine.h"
#include "tests/bench/results.h"

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
		results_noise(table, samples);
		if (table->noise < noise) {
			noise = table->noise;
			*best = *samples;
		}
		if (noise <= NOISE_LIMIT || bench.quick || now_seconds() > bench.deadline)
			break;
	}
	if (!err) {
		table->others = cpu_usage_of_others(&before);
		results_noise(table, best);
		results_make(table, best);
		table->measured = true;
		table->reliable = table->noise <= NOISE_LIMIT;
	}
	free(samples);
	return err;
}
