// SPDX-License-Identifier: GPL-2.0-or-later
/* What is called met, missed and unsure, from known values. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/targets.h"

#define ROUNDS 5

/* The values of a row, again in each attempt: its two metrics, "m" and the count "n". */
struct script {
	double m[ROUNDS], n[ROUNDS];
	size_t at;
};

static int play(struct row *row, double values[TABLE_METRICS])
{
	struct script *script = row->subject;

	values[0] = script->m[script->at % ROUNDS];
	values[1] = script->n[script->at++ % ROUNDS];
	return 0;
}

/* A/A, and so the reference, differs by that share. */
static struct table *make_table(double noise)
{
	static struct script reference, again;
	struct table *table;

	bench.rounds = ROUNDS;
	bench.deadline = now_seconds() + 60;
	reference.at = again.at = 0;
	for (size_t i = 0; i < ROUNDS; i++) {
		reference.m[i] = 100;
		again.m[i] = 100 * (1 + noise);
	}
	table = table_new("t", "a table");
	assert_non_null(table);
	table_metric(table, (struct metric){ .name = "m", .unit = "u" });
	table_metric(table, (struct metric){ .name = "n", .unit = "frames", .no_ratio = true });
	table_row(table, "reference", "", play, &reference);
	table_row(table, ROW_AA, "", play, &again);
	return table;
}

static int release(void **state)
{
	(void)state;
	while (bench.tables_len)
		table_free(bench.tables[--bench.tables_len]);
	targets = NULL;
	targets_len = 0;
	return 0;
}

/* The verdict on a target of this table. */
static const char *judge(struct table *table, struct target *target)
{
	strcpy(target->table, "t");
	targets = target;
	targets_len = 1;
	if (!table->measured)
		assert_int_equal(table_run(table), 0);
	targets_judge();
	return target_verdict(target);
}

static void a_count_is_judged_by_its_worst_round(void **state)
{
	struct table *table = make_table(0);
	struct script most = { .m = { 1, 1, 1, 1, 1 }, .n = { 0, 0, 0, 7, 0 } };
	struct script least = { .m = { 1, 1, 1, 1, 1 }, .n = { 100, 100, 99, 100, 100 } };
	struct target at_most = { .row = "most", .metric = "n" };
	struct target at_least = {
		.row = "least", .metric = "n", .is = TARGET_AT_LEAST, .limit = 100
	};

	(void)state;
	table_row(table, "most", "", play, &most);
	table_row(table, "least", "", play, &least);
	assert_string_equal(judge(table, &at_most), "missed");
	assert_string_equal(judge(table, &at_least), "missed");
	at_most.limit = 7;
	at_least.limit = 99;
	assert_string_equal(judge(table, &at_most), "met");
	assert_string_equal(judge(table, &at_least), "met");
}

static void a_count_that_is_exact_is_judged_by_the_round_that_is_farthest_off(void **state)
{
	struct table *table = make_table(0);
	struct script all = { .m = { 1, 1, 1, 1, 1 }, .n = { 100, 100, 100, 100, 100 } };
	struct script twice = { .m = { 1, 1, 1, 1, 1 }, .n = { 100, 100, 200, 100, 100 } };
	struct script some = { .m = { 1, 1, 1, 1, 1 }, .n = { 100, 100, 100, 99, 100 } };
	struct target target = { .row = "all", .metric = "n", .is = TARGET_EXACTLY, .limit = 100 };

	(void)state;
	table_row(table, "all", "", play, &all);
	table_row(table, "twice", "", play, &twice);
	table_row(table, "some", "", play, &some);
	assert_string_equal(judge(table, &target), "met");
	strcpy(target.row, "twice");
	assert_string_equal(judge(table, &target), "missed");
	assert_string_equal(target.found, "200 frames, wanted exactly 100");
	strcpy(target.row, "some");
	assert_string_equal(judge(table, &target), "missed");
	assert_string_equal(target.found, "99.0 frames, wanted exactly 100");
}

/* In the file: none of what replaces a program is lost, passed by, or counted twice. */
static void the_file_has_bounds_on_both_sides(void **state)
{
	static const char *const metrics[] = { "bypassed", "lost", "counted" };
	static const char *const rows[] = { "load", "load--link", "load-clsact", "load-tcx" };
	struct target *found;

	(void)state;
	assert_int_equal(targets_read(), 0);
	for (size_t i = 0; i < 4 * 3; i++) {
		found = NULL;
		for (size_t t = 0; t < targets_len; t++)
			if (!strcmp(targets[t].row, rows[i / 3]) &&
			    !strcmp(targets[t].metric, metrics[i % 3]))
				found = &targets[t];
		assert_non_null(found);
		assert_int_equal(found->is, i % 3 ? TARGET_EXACTLY : TARGET_AT_MOST);
		assert_true(found->limit == (i % 3 == 2 ? 100 : 0));
	}
	targets_free();
}

/* What found no room was not seen to be lost: with any of it, nothing lost is not sure. */
static void a_count_beside_what_it_is_silent_about_is_unsure(void **state)
{
	struct table *table = make_table(0);
	struct script none = { .m = { 0, 0, 0, 0, 0 }, .n = { 0, 0, 0, 0, 0 } };
	struct script full = { .m = { 0, 0, 0, 0, 0 }, .n = { 0, 0, 3, 0, 0 } };
	struct script lost = { .m = { 0, 2, 0, 0, 0 }, .n = { 0, 0, 3, 0, 0 } };
	struct target target = { .row = "none", .metric = "m", .is = TARGET_EXACTLY };

	(void)state;
	table->metrics[0].no_ratio = true;
	table->metrics[0].silent = "n";
	table_row(table, "none", "", play, &none);
	table_row(table, "full", "", play, &full);
	table_row(table, "lost", "", play, &lost);
	assert_string_equal(judge(table, &target), "met");
	strcpy(target.row, "full");
	assert_string_equal(judge(table, &target), "unsure");
	assert_string_equal(target.found,
	                    "0.00 u, wanted exactly 0.00, but n is up to 3.00 frames");
	strcpy(target.row, "lost");
	assert_string_equal(judge(table, &target), "missed");
}

static void a_ratio_is_the_median_of_those_of_the_rounds(void **state)
{
	struct table *table = make_table(0);
	/* Twice as good in most rounds; the medians alone would say half. */
	struct script a = { .m = { 1, 1, 10, 10, 10 } };
	struct script b = { .m = { 2, 2, 20, 5, 5 } };
	struct target target = {
		.row = "a", .metric = "m", .vs = "b", .is = TARGET_AT_LEAST, .limit = 0.6
	};

	(void)state;
	table_row(table, "a", "", play, &a);
	table_row(table, "b", "", play, &b);
	assert_string_equal(judge(table, &target), "met");
	assert_true(target.measured > 1.999 && target.measured < 2.001);
	assert_string_equal(target.unit, "times");
}

static int play_nothing(struct row *row, double values[TABLE_METRICS])
{
	(void)row;
	(void)values;
	return failed(-EIO, "it does not work");
}

static void what_rests_on_a_row_that_failed_is_not_measured(void **state)
{
	struct table *table = make_table(0);
	struct script a = { .m = { 1, 1, 1, 1, 1 } };
	struct target own = { .row = "broken", .metric = "m", .limit = 1 };
	struct target ratio = {
		.row = "a", .metric = "m", .vs = "broken", .is = TARGET_AT_LEAST, .limit = 1
	};
	struct target other = { .row = "a", .metric = "m", .limit = 2 };

	(void)state;
	table_row(table, "a", "", play, &a);
	table_row(table, "broken", "", play_nothing, NULL);
	assert_string_equal(judge(table, &own), "not measured");
	assert_string_equal(own.found, "failed: it does not work");
	assert_string_equal(judge(table, &ratio), "not measured");
	assert_string_equal(ratio.found, "broken failed: it does not work");
	assert_string_equal(judge(table, &other), "met");
}

static void what_noise_may_have_done_is_unsure(void **state)
{
	struct table *table = make_table(0.05);
	struct script even = { .m = { 104, 104, 104, 104, 104 } };
	struct script spread = { .m = { 60, 80, 104, 140, 180 } };
	struct script far = { .m = { 200, 200, 200, 200, 200 } };
	struct target target = { .row = "even", .metric = "m", .limit = 100 };

	(void)state;
	table_row(table, "even", "", play, &even);
	table_row(table, "spread", "", play, &spread);
	table_row(table, "far", "", play, &far);
	assert_string_equal(judge(table, &target), "unsure"); /* A/A: 5 of 104 */
	target.limit = 90;
	assert_string_equal(judge(table, &target), "missed");
	strcpy(target.row, "spread");
	assert_string_equal(judge(table, &target), "unsure"); /* quartiles: 2 * 60 / sqrt(5) */
	target.limit = 51;
	assert_string_equal(judge(table, &target), "unsure");
	assert_string_equal(target.found, "104 u, sure within 53.7, wanted at most 51.0");
	target.limit = 50;
	assert_string_equal(judge(table, &target), "missed");
	strcpy(target.row, "far");
	assert_string_equal(judge(table, &target), "missed");
}

/* What A/A calls unreliable tells nothing of ratios near 1, but more than nothing. */
static void an_unreliable_column_decides_what_is_far_from_its_limit(void **state)
{
	struct table *table = make_table(0.25);
	struct script a = { .m = { 50, 50, 50, 50, 50 } }, few = a;
	struct target value = { .row = "a", .metric = "m", .limit = 64 };
	struct target ratio = {
		.row = "a", .metric = "m", .vs = "reference", .is = TARGET_AT_LEAST, .limit = 4
	};

	(void)state;
	table_row(table, "a", "", play, &a);
	assert_string_equal(judge(table, &value), "met"); /* 50 and 10 */
	assert_false(table->noise[0].reliable);
	assert_string_equal(judge(table, &ratio), "missed"); /* 2 and 0.4 */
	value.limit = 59;
	ratio.limit = 1.7;
	assert_string_equal(judge(table, &value), "unsure");
	assert_string_equal(judge(table, &ratio), "unsure");
	ratio.limit = 1.4;
	assert_string_equal(judge(table, &ratio), "met");
	/* But of two rounds it is luck. */
	strcpy(table->name, "before");
	table = make_table(0);
	table->rounds = 2;
	table_row(table, "a", "", play, &few);
	assert_string_equal(judge(table, &ratio), "unsure");
	assert_string_equal(ratio.found, "2.00 times, sure within 0.00, wanted at least 1.40, "
	                                 "but 2 rounds of t are too few");
}

/* However far from the limit. */
static void a_quick_run_says_that_it_tells_no_times(void **state)
{
	struct table *table = make_table(0);
	struct script a = { .m = { 50, 50, 50, 50, 50 } };
	struct target target = { .row = "a", .metric = "m", .limit = 64 };

	(void)state;
	table_row(table, "a", "", play, &a);
	bench.quick = true;
	assert_string_equal(judge(table, &target), "unsure");
	assert_string_equal(target.found, "50.0 u, sure within 0.00, wanted at most 64.0, "
	                                  "but a quick run does not tell times");
	/* But counts. */
	strcpy(target.metric, "n");
	assert_string_equal(judge(table, &target), "met");
	assert_string_equal(target.found, "0.00 frames, wanted at most 64.0");
	bench.quick = false;
}

static void a_difference_from_the_zero_line_is_less_sure(void **state)
{
	struct table *table = make_table(0.02);
	struct script near = { .m = { 101, 101, 101, 101, 101 } }, nearer = near;
	struct script far = { .m = { 110, 110, 110, 110, 110 } };
	struct script farther = { .m = { 130, 130, 130, 130, 130 } };
	struct target target = {
		.row = "near", .metric = "m", .vs = "far", .is = TARGET_AT_LEAST, .limit = 2
	};
	struct row *row;

	(void)state;
	row = table_row(table, "near", "", play, &near);
	strcpy(row->zero, "reference");
	row = table_row(table, "nearer", "", play, &nearer);
	strcpy(row->zero, "reference");
	row = table_row(table, "far", "", play, &far);
	strcpy(row->zero, "reference");
	row = table_row(table, "farther", "", play, &farther);
	strcpy(row->zero, "reference");
	/* 1 of 101 is nothing to divide by; but it is less than 3, and the other more than 7.8.
	 */
	assert_string_equal(judge(table, &target), "met");
	assert_string_equal(target.found, "more than 2.63 times, wanted at least 2.00");
	target.limit = 3;
	assert_string_equal(judge(table, &target), "unsure");
	strcpy(target.row, "far");
	strcpy(target.vs, "near");
	target.limit = 1;
	assert_string_equal(judge(table, &target), "missed");
	assert_string_equal(target.found, "less than 0.38 times, wanted at least 1.00");
	strcpy(target.row, "near");
	strcpy(target.vs, "nearer");
	assert_string_equal(judge(table, &target), "unsure");
	assert_null(target.unit); /* both */
	strcpy(target.row, "far");
	strcpy(target.vs, "farther");
	target.limit = 2.5; /* measured: 3, of which 2% of 110 / 10 are noise */
	assert_string_equal(judge(table, &target), "unsure");
	target.limit = 2;
	assert_string_equal(judge(table, &target), "met");
}

static void a_row_of_another_table_is_compared_by_the_medians(void **state)
{
	struct table *table = make_table(0), *one;
	struct script each = { .m = { 2, 2, 2, 2, 2 } }, alone = { .m = { 9, 10, 10, 10, 11 } };
	struct target target = {
		.row = "each", .metric = "m", .vs = "one:alone", .is = TARGET_AT_LEAST, .limit = 4
	};

	(void)state;
	table_row(table, "each", "", play, &each);
	assert_string_equal(judge(table, &target), "not measured");
	assert_string_equal(target.found, "there is no table one");
	one = make_table(0);
	strcpy(one->name, "one");
	table_row(one, "alone", "", play, &alone);
	assert_int_equal(table_run(one), 0);
	assert_string_equal(judge(table, &target), "met");
	assert_true(target.measured == 5);
	target.limit = 6;
	assert_string_equal(judge(table, &target), "missed");
	strcpy(target.vs, "one:nobody");
	assert_string_equal(judge(table, &target), "not measured");
	assert_string_equal(target.found, "table one has no row nobody");
}

/* A quick run fills less: what is said of a million is not met by ten thousand. */
static void a_table_about_less_says_nothing_of_its_targets(void **state)
{
	struct table *table = make_table(0);
	struct target target = { .row = "reference", .metric = "n", .limit = 7 };

	(void)state;
	assert_string_equal(judge(table, &target), "met");
	strcpy(table->reduced, "of 10,000 entries");
	assert_string_equal(judge(table, &target), "not measured");
	assert_string_equal(target.found, "of 10,000 entries");
	assert_null(target.unit);
}

static void a_name_that_is_not_there_is_told(void **state)
{
	struct table *table = make_table(0);
	struct target row = { .row = "a", .metric = "m" };
	struct target metric = { .row = "reference", .metric = "l" };

	(void)state;
	assert_string_equal(judge(table, &row), "not measured");
	assert_string_equal(row.found, "table t has no row a");
	assert_string_equal(judge(table, &metric), "not measured");
	assert_string_equal(metric.found, "table t has no metric l");
	strcpy(table->name, "other");
	judge(table, &row);
	assert_string_equal(row.found, "this run has no table t");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_count_is_judged_by_its_worst_round, release),
		cmocka_unit_test_teardown(
			a_count_that_is_exact_is_judged_by_the_round_that_is_farthest_off, release),
		cmocka_unit_test(the_file_has_bounds_on_both_sides),
		cmocka_unit_test_teardown(a_count_beside_what_it_is_silent_about_is_unsure,
		                          release),
		cmocka_unit_test_teardown(a_ratio_is_the_median_of_those_of_the_rounds, release),
		cmocka_unit_test_teardown(what_rests_on_a_row_that_failed_is_not_measured, release),
		cmocka_unit_test_teardown(what_noise_may_have_done_is_unsure, release),
		cmocka_unit_test_teardown(an_unreliable_column_decides_what_is_far_from_its_limit,
		                          release),
		cmocka_unit_test_teardown(a_quick_run_says_that_it_tells_no_times, release),
		cmocka_unit_test_teardown(a_difference_from_the_zero_line_is_less_sure, release),
		cmocka_unit_test_teardown(a_row_of_another_table_is_compared_by_the_medians,
		                          release),
		cmocka_unit_test_teardown(a_table_about_less_says_nothing_of_its_targets, release),
		cmocka_unit_test_teardown(a_name_that_is_not_there_is_told, release),
	};

	log_init("test_bench_targets", false);
	return cmocka_run_group_tests_name("bench_targets", tests, NULL, NULL);
}
