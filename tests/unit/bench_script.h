/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of the benchmark whose rows "measure" known values. */
#ifndef TESTS_UNIT_BENCH_SCRIPT_H
#define TESTS_UNIT_BENCH_SCRIPT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"

/* What a row "measures": its values, one after the other, and again from the first. */
struct script {
	const double *values;
	size_t len, at;
};

static inline int play(struct row *row, double values[TABLE_METRICS])
{
	struct script *script = row->subject;

	values[0] = script->values[script->at++ % script->len];
	return 0;
}

/* Its values by turns: a metric's, the next one's. */
static inline int play_two(struct row *row, double values[TABLE_METRICS])
{
	struct script *script = row->subject;

	for (size_t m = 0; m < 2; m++)
		values[m] = script->values[script->at++ % script->len];
	return 0;
}

/* From the second round on. */
static inline int play_once(struct row *row, double values[TABLE_METRICS])
{
	struct script *script = row->subject;

	return script->at ? failed(-EIO, "%s: frames are lost", row->name) : play(row, values);
}

#define SCRIPT(name, ...)                                                                          \
	static const double name##_values[] = { __VA_ARGS__ };                                     \
	struct script name = { name##_values, sizeof(name##_values) / sizeof(double), 0 }

static inline struct table *make_table(unsigned int rounds, bool higher)
{
	struct table *table;

	bench.rounds = rounds;
	bench.deadline = now_seconds() + 60;
	bench.end = bench.deadline + 60;
	table = table_new("t", "a table");
	assert_non_null(table);
	table_metric(table, (struct metric){ .name = "m", .unit = "u", .higher = higher });
	return table;
}

static inline struct table *make_two_metrics(void)
{
	struct table *table = make_table(3, false);

	table_metric(table, (struct metric){ .name = "second", .unit = "s" });
	return table;
}

static inline int release(void **state)
{
	(void)state;
	while (bench.tables_len)
		table_free(bench.tables[--bench.tables_len]);
	return 0;
}

static inline void assert_near(double found, double expected)
{
	assert_true(found > expected - 1e-9 && found < expected + 1e-9);
}

#endif
