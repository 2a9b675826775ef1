// SPDX-License-Identifier: GPL-2.0-or-later
/* Medians, ratios, zero lines and noise of the benchmark's tables, from known values. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/print.h"
#include "tests/bench/results.h"
#include "tests/bench/usage.h"

/* What a row "measures": its values, one after the other, and again from the first. */
struct script {
	const double *values;
	size_t len, at;
};

static int play(struct row *row, double values[TABLE_METRICS])
{
	struct script *script = row->subject;

	values[0] = script->values[script->at++ % script->len];
	return 0;
}

/* Its values by turns: a metric's, the next one's. */
static int play_two(struct row *row, double values[TABLE_METRICS])
{
	struct script *script = row->subject;

	for (size_t m = 0; m < 2; m++)
		values[m] = script->values[script->at++ % script->len];
	return 0;
}

/* From the second round on. */
static int play_once(struct row *row, double values[TABLE_METRICS])
{
	struct script *script = row->subject;

	return script->at ? failed(-EIO, "%s: frames are lost", row->name) : play(row, values);
}

#define SCRIPT(name, ...)                                                                          \
	static const double name##_values[] = { __VA_ARGS__ };                                     \
	struct script name = { name##_values, sizeof(name##_values) / sizeof(double), 0 }

static struct table *make_table(unsigned int rounds, bool higher)
{
	struct table *table;

	bench.rounds = rounds;
	bench.deadline = now_seconds() + 60;
	table = table_new("t", "a table");
	assert_non_null(table);
	table_metric(table, (struct metric){ .name = "m", .unit = "u", .higher = higher });
	return table;
}

static struct table *make_two_metrics(void)
{
	struct table *table = make_table(3, false);

	table_metric(table, (struct metric){ .name = "second", .unit = "s" });
	return table;
}

static int release(void **state)
{
	(void)state;
	while (bench.tables_len)
		table_free(bench.tables[--bench.tables_len]);
	return 0;
}

static void assert_near(double found, double expected)
{
	assert_true(found > expected - 1e-9 && found < expected + 1e-9);
}

static void medians_lie_between_the_least_and_the_most(void **state)
{
	struct table *table = make_table(5, false);
	SCRIPT(a, 10);
	SCRIPT(b, 9, 1, 5, 7, 3);
	struct row *row;

	(void)state;
	table_row(table, "a", "", play, &a);
	table_row(table, "b", "", play, &b);
	assert_int_equal(table_run(table), 0);
	row = table_find(table, "b");
	assert_near(row->value[0].median, 5);
	assert_near(row->value[0].min, 1);
	assert_near(row->value[0].max, 9);
	assert_int_equal(table->rounds_done, 5);
}

static void a_ratio_above_one_is_in_favour_of_its_row(void **state)
{
	struct table *cost = make_table(3, false), *rate = make_table(3, true);
	SCRIPT(a, 10);
	SCRIPT(b, 5);

	(void)state;
	table_row(cost, "a", "", play, &a);
	table_row(cost, "b", "", play, &b);
	table_row(rate, "a", "", play, &a);
	table_row(rate, "b", "", play, &b);
	assert_int_equal(table_run(cost), 0);
	assert_int_equal(table_run(rate), 0);
	assert_near(table_find(cost, "b")->ratio[0].median, 2);
	assert_near(table_find(rate, "b")->ratio[0].median, 0.5);
	assert_near(table_find(cost, ROW_AA)->ratio[0].median, 1);
	assert_false(table_find(cost, "a")->has_ratio[0]);
}

static void the_zero_line_is_taken_off_within_a_round(void **state)
{
	struct table *table = make_table(3, false);
	SCRIPT(zero, 100, 200, 300);
	SCRIPT(a, 110, 210, 310);
	SCRIPT(b, 105, 205, 305);
	struct row *row;

	(void)state;
	table_row(table, "zero", "", play, &zero);
	row = table_row(table, ROW_AA, "", play, &a); /* of its own: the scripts do not mix */
	row->subject = &(struct script){ zero_values, 3, 0 };
	row = table_row(table, "a", "", play, &a);
	strcpy(row->zero, "zero");
	row = table_row(table, "b", "", play, &b);
	strcpy(row->zero, "zero");
	strcpy(row->vs, "a");
	assert_int_equal(table_run(table), 0);
	assert_near(table_find(table, "a")->value[0].median, 10);
	assert_near(table_find(table, "b")->value[0].median, 5);
	assert_near(table_find(table, "b")->ratio[0].median, 2);
	assert_near(table_find(table, "b")->ratio[0].max, 2);
	assert_near(table->noise[0].share, 0);
}

static void a_difference_that_drowns_in_the_noise_has_no_ratio(void **state)
{
	struct table *table = make_table(3, false);
	SCRIPT(zero, 100);
	SCRIPT(aa, 100 / 0.92);
	SCRIPT(a, 110);
	SCRIPT(b, 103);
	struct row *row;

	(void)state;
	table_row(table, "zero", "", play, &zero);
	table_row(table, ROW_AA, "", play, &aa);
	row = table_row(table, "a", "", play, &a);
	strcpy(row->zero, "zero");
	row = table_row(table, "b", "", play, &b);
	strcpy(row->zero, "zero");
	strcpy(row->vs, "a");
	assert_int_equal(table_run(table), 0);
	assert_near(table->noise[0].size, 8);
	assert_near(table_find(table, "b")->value[0].median, 3);
	assert_false(table_find(table, "b")->has_ratio[0]);
	assert_string_equal(print_no_ratio(table, table_find(table, "b"), 0), PRINT_NOISE);
	assert_non_null(strstr(print_legend(table), PRINT_NOISE " instead of a ratio: "));
}

/* Rows above a zero line of 100; A/A says that 2 in 100 are noise. */
static struct table *make_above_zero(struct script *zero, struct script *aa)
{
	struct table *table = make_table(5, false);

	table_row(table, "zero", "", play, zero);
	table_row(table, ROW_AA, "", play, aa);
	return table;
}

static struct row *add_above_zero(struct table *table, const char *name, struct script *script,
                                  const char *vs)
{
	struct row *row = table_row(table, name, "", play, script);

	strcpy(row->zero, "zero");
	strcpy(row->vs, vs);
	return row;
}

static void one_round_that_drowns_takes_no_ratio_away(void **state)
{
	SCRIPT(zero, 100);
	SCRIPT(aa, 100 / 0.98);
	SCRIPT(a, 140);
	SCRIPT(b, 110, 110, 99, 110, 110);
	struct table *table = make_above_zero(&zero, &aa);
	struct row *row;

	(void)state;
	add_above_zero(table, "a", &a, "");
	add_above_zero(table, "b", &b, "a");
	assert_int_equal(table_run(table), 0);
	row = table_find(table, "b");
	assert_true(row->has_ratio[0]);
	assert_near(row->ratio[0].median, 4);
	assert_int_equal(row->ratio[0].bound, 0);
	/* That round is what may be noise: 2 in 100 of 110. */
	assert_near(row->ratio[0].max, 40 / 2.2);
	assert_null(print_legend(table));
}

static void what_drowns_beside_what_does_not_has_a_bound(void **state)
{
	SCRIPT(zero, 100);
	SCRIPT(aa, 100 / 0.98);
	SCRIPT(a, 300);
	SCRIPT(b, 101);
	SCRIPT(c, 102);
	SCRIPT(d, 103);
	struct table *table = make_above_zero(&zero, &aa);
	struct row *row;

	(void)state;
	add_above_zero(table, "a", &a, "b");
	add_above_zero(table, "b", &b, "a");
	add_above_zero(table, "c", &c, "b");
	add_above_zero(table, "d", &d, "b");
	assert_int_equal(table_run(table), 0);
	/* 200 less 6, of 1 and 2.02. */
	row = table_find(table, "b");
	assert_true(row->has_ratio[0]);
	assert_near(row->ratio[0].median, 194 / 3.02);
	assert_string_equal(print_ratio(&row->ratio[0]), ">64.2");
	row = table_find(table, "a");
	assert_near(row->ratio[0].median, 3.02 / 194);
	assert_string_equal(print_ratio(&row->ratio[0]), "<0.0156");
	assert_null(print_no_ratio(table, row, 0));
	assert_non_null(strstr(print_legend(table), "> or <: one of the two is"));
	/* Both drown, or what is known is no more than that they may be the same. */
	assert_string_equal(print_no_ratio(table, table_find(table, "c"), 0), PRINT_NOISE);
	assert_string_equal(print_no_ratio(table, table_find(table, "d"), 0), PRINT_NOISE);
}

/* The share is of what was measured, which is not what the column shows. */
static void the_noise_above_a_zero_line_is_told_in_its_unit(void **state)
{
	SCRIPT(zero, 100);
	SCRIPT(aa, 100 / 0.98);
	SCRIPT(a, 140);
	struct table *above = make_above_zero(&zero, &aa), *beside;

	(void)state;
	add_above_zero(above, "a", &a, "");
	assert_int_equal(table_run(above), 0);
	assert_non_null(strstr(print_sureness(above),
	                       "A/A of m within 2.00 u (2.0% of a row with its zero line), "));
	beside = make_above_zero(&zero, &aa);
	assert_int_equal(table_run(beside), 0);
	assert_non_null(strstr(print_sureness(beside), "A/A of m within 2.0%, "));
}

static void what_has_no_ratio_says_why(void **state)
{
	struct table *table = make_two_metrics();
	SCRIPT(a, 100, 10);
	SCRIPT(b, 50, 1);

	(void)state;
	table->metrics[1].no_ratio = true;
	table_row(table, "a", "", play_two, &a);
	table_row(table, "b", "", play_two, &b);
	strcpy(table_row(table, "c", "", play_two, &b)->vs, "d");
	row_missing(table_row(table, "d", "", play_two, &b), false, "it is not there");
	assert_int_equal(table_run(table), 0);
	assert_string_equal(print_no_ratio(table, table_find(table, "a"), 0), "compared to none");
	assert_null(print_no_ratio(table, table_find(table, "b"), 0));
	assert_string_equal(print_no_ratio(table, table_find(table, "b"), 1), "count");
	assert_string_equal(print_no_ratio(table, table_find(table, "c"), 0),
	                    "the other is not measured");
	assert_null(print_legend(table));
}

static void a_noisy_table_is_measured_again_and_called_unreliable(void **state)
{
	struct table *table = make_table(3, false);
	SCRIPT(a, 100);
	SCRIPT(aa, 125);

	(void)state;
	table_row(table, "a", "", play, &a);
	table_row(table, ROW_AA, "", play, &aa);
	assert_int_equal(table_run(table), 0);
	assert_near(table->noise[0].share, 0.2);
	assert_false(results_are_reliable(table));
	assert_int_equal(table->attempts, 3);
	assert_int_equal(aa.at, 9);
}

static void the_quietest_attempt_stands(void **state)
{
	struct table *table = make_table(3, false);
	SCRIPT(a, 100);
	SCRIPT(aa, 130, 130, 130, 101, 101, 101, 150, 150, 150);
	SCRIPT(b, 1, 1, 1, 2, 2, 2, 3, 3, 3);

	(void)state;
	table_row(table, "a", "", play, &a);
	table_row(table, ROW_AA, "", play, &aa);
	table_row(table, "b", "", play, &b);
	assert_int_equal(table_run(table), 0);
	assert_true(results_are_reliable(table));
	assert_int_equal(table->attempts, 2);
	assert_near(table_find(table, "b")->value[0].median, 2);
}

static void each_metric_has_its_own_noise(void **state)
{
	struct table *table = make_two_metrics();
	SCRIPT(a, 100, 10);
	SCRIPT(aa, 100 / 0.99, 12.5);

	(void)state;
	table_row(table, "a", "", play_two, &a);
	table_row(table, ROW_AA, "", play_two, &aa);
	assert_int_equal(table_run(table), 0);
	assert_near(table->noise[0].share, 0.01);
	assert_near(table->noise[1].share, 0.2);
	assert_near(table->noise[1].size, 2);
	assert_true(table->noise[0].reliable);
	assert_false(table->noise[1].reliable);
	assert_int_equal(table->attempts, 3);
	assert_string_equal(print_doubt(table, 0), "");
	assert_string_equal(print_doubt(table, 1), ", UNRELIABLE");
	assert_non_null(strstr(print_sureness(table), "A/A of m within 1.0%, "
	                                              "A/A of second within 20.0%: "
	                                              "UNRELIABLE,"));
}

static void a_quick_run_repeats_nothing_and_says_so(void **state)
{
	struct table *noisy = make_table(3, false), *calm = make_table(3, false);
	SCRIPT(a, 10);
	SCRIPT(aa, 12);

	(void)state;
	bench.quick = true;
	table_row(noisy, "a", "", play, &a);
	table_row(noisy, ROW_AA, "", play, &aa);
	assert_int_equal(table_run(noisy), 0);
	assert_int_equal(noisy->attempts, 1);
	assert_non_null(strstr(print_sureness(noisy), ", not repeated in a quick run"));
	table_row(calm, "a", "", play, &a);
	assert_int_equal(table_run(calm), 0);
	assert_null(strstr(print_sureness(calm), "repeated"));
	bench.quick = false;
	assert_null(strstr(print_sureness(noisy), "repeated"));
}

static void an_attempt_in_which_fewer_metrics_are_noisy_stands(void **state)
{
	struct table *table = make_two_metrics();
	SCRIPT(a, 100, 10);
	SCRIPT(aa, 120, 12, 120, 12, 120, 12, 100 / 0.99, 20, 100 / 0.99, 20, 100 / 0.99, 20, 115,
	       20, 115, 20, 115, 20);

	(void)state;
	table_row(table, "a", "", play_two, &a);
	table_row(table, ROW_AA, "", play_two, &aa);
	assert_int_equal(table_run(table), 0);
	assert_near(table->noise[0].share, 0.01);
	assert_near(table->noise[1].share, 0.5);
	assert_near(table_find(table, ROW_AA)->value[0].median, 100 / 0.99);
}

static void of_all_rows_that_repeat_another_the_worst_counts(void **state)
{
	struct table *table = make_table(3, false);
	SCRIPT(zero, 100);
	SCRIPT(aa, 101);
	SCRIPT(a, 200);
	SCRIPT(again, 160);
	SCRIPT(broken, 1);

	(void)state;
	table_row(table, "zero", "", play, &zero);
	table_row(table, ROW_AA, "", play, &aa);
	strcpy(table_row(table, "a", "", play, &a)->zero, "zero");
	table_row(table, "broken", "", play_once, &broken);
	table_again(table, "a");
	table_again(table, "broken");
	table_again(table, "none");
	table_find(table, "A/A/a")->subject = &again;
	assert_null(table_find(table, "A/A/none"));
	assert_int_equal(table_run(table), 0);
	assert_near(table->noise[0].share, 0.25);
	assert_near(table->noise[0].size, 50);
	assert_ptr_equal(row_against(table, table_find(table, "A/A/a")), table_find(table, "a"));
	assert_string_equal(table_find(table, "A/A/broken")->missing, "broken has failed");
}

static void of_a_count_nothing_is_unreliable(void **state)
{
	struct table *table = make_table(3, false);
	SCRIPT(a, 100, 0);
	SCRIPT(aa, 100, 5);

	(void)state;
	table_metric(table, (struct metric){ .name = "n", .unit = "frames", .no_ratio = true });
	table_row(table, "a", "", play_two, &a);
	table_row(table, ROW_AA, "", play_two, &aa);
	assert_int_equal(table_run(table), 0);
	assert_true(results_are_reliable(table));
	assert_null(strstr(print_sureness(table), "A/A of n"));
}

static int play_slowly(struct row *row, double values[TABLE_METRICS])
{
	usleep(10000);
	return play(row, values);
}

static void without_time_for_another_whole_attempt_there_is_none(void **state)
{
	struct table *table = make_table(3, false);
	SCRIPT(a, 100);
	SCRIPT(aa, 125);

	(void)state;
	table_row(table, "a", "", play_slowly, &a);
	table_row(table, ROW_AA, "", play_slowly, &aa);
	bench.deadline = now_seconds() + 0.09;
	assert_int_equal(table_run(table), 0);
	assert_int_equal(table->attempts, 1);
}

/* However slow it is: its rounds alone take longer than an attempt should. */
static void a_noisy_table_that_is_slow_is_measured_again(void **state)
{
	struct table *table = make_table(3, false), *beside = make_table(3, false);
	SCRIPT(a, 100);
	SCRIPT(aa, 125);

	(void)state;
	table->seconds = beside->seconds = 0.01;
	table_row(table, "a", "", play_slowly, &a);
	table_row(table, ROW_AA, "", play_slowly, &aa);
	assert_int_equal(table_run(table), 0);
	assert_int_equal(table->attempts, 3);
	/* Once, while other groups wait. */
	table_row(beside, "a", "", play_slowly, &a);
	table_row(beside, ROW_AA, "", play_slowly, &aa);
	bench.all_groups = true;
	assert_int_equal(table_run(beside), 0);
	bench.all_groups = false;
	assert_int_equal(beside->attempts, 2);
}

static int play_nothing(struct row *row, double values[TABLE_METRICS])
{
	(void)row;
	(void)values;
	return failed(-EIO, "it does not work");
}

/* As command_run() of a tool that fails. */
static int play_no_tool(struct row *row, double values[TABLE_METRICS])
{
	(void)row;
	(void)values;
	return failed(-ECHILD, "it does not work");
}

static void a_peer_that_does_not_work_is_left_out(void **state)
{
	struct table *table = make_table(3, false);
	SCRIPT(a, 10);
	SCRIPT(b, 5);

	(void)state;
	table_row(table, "broken", "", play_no_tool, NULL)->peer = true;
	table_row(table, "a", "", play, &a);
	table_row(table, "b", "", play, &b);
	table_row(table, "other", "", play_no_tool, NULL)->peer = true;
	assert_int_equal(table_run(table), 0);
	assert_true(table->measured);
	assert_string_equal(table_find(table, "broken")->missing,
	                    "cannot be measured here: it does not work");
	assert_string_equal(table_find(table, "other")->missing,
	                    "cannot be measured here: it does not work");
	/* The first that works takes its place, in A/A as well. */
	assert_string_equal(table->reference, "a");
	assert_near(table_find(table, ROW_AA)->value[0].median, 10);
	assert_near(table_find(table, "b")->ratio[0].median, 2);
}

/* The tool has run, and what it did is not what it should be: that is no matter of the tool. */
static void a_peer_of_which_something_is_lost_has_failed(void **state)
{
	struct table *table = make_table(3, false);
	SCRIPT(a, 10);

	(void)state;
	table_row(table, "a", "", play, &a);
	table_row(table, "other", "", play_nothing, NULL)->peer = true;
	assert_int_equal(table_run(table), 0);
	assert_ptr_equal(table_failed_row(table), table_find(table, "other"));
	assert_string_equal(table_find(table, "other")->missing, "failed: it does not work");
}

static void a_row_that_fails_says_why_and_the_others_are_measured(void **state)
{
	struct table *table = make_table(3, false);
	SCRIPT(a, 10);
	SCRIPT(b, 5);
	SCRIPT(ours, 1);
	struct row *row;

	(void)state;
	table_row(table, "a", "", play, &a);
	assert_null(table_failed_row(table));
	table_row(table, "ours", "", play_once, &ours);
	row = table_row(table, "b", "", play, &b);
	strcpy(row->vs, "ours");
	assert_int_equal(table_run(table), 0);
	assert_true(table->measured);
	/* What a check says begins with the row, which is named once. */
	row = table_find(table, "ours");
	assert_string_equal(print_missing(table, row), "failed: frames are lost");
	assert_ptr_equal(table_failed_row(table), row);
	assert_near(table_find(table, "a")->value[0].median, 10);
	assert_near(table_find(table, "b")->value[0].median, 5);
	assert_false(table_find(table, "b")->has_ratio[0]);
}

static void a_reference_that_fails_has_another_one_in_its_place(void **state)
{
	struct table *table = make_table(3, false);
	SCRIPT(ours, 1);
	SCRIPT(aa, 1);
	SCRIPT(a, 10);
	SCRIPT(b, 5);

	(void)state;
	table_row(table, "ours", "", play_once, &ours);
	table_row(table, ROW_AA, "", play, &aa); /* which was about that one */
	table_row(table, "a", "", play, &a);
	table_row(table, "b", "", play, &b);
	assert_int_equal(table_run(table), 0);
	assert_true(table->measured);
	assert_string_equal(table->reference, "a");
	assert_near(table_find(table, ROW_AA)->value[0].median, 10);
	assert_near(table_find(table, "b")->ratio[0].median, 2);
	assert_ptr_equal(table_failed_row(table), table_find(table, "ours"));
	assert_int_equal(table->attempts, 1);
}

static void without_a_zero_line_nothing_above_it_is_measured(void **state)
{
	struct table *table = make_table(3, false);
	SCRIPT(zero, 1);
	SCRIPT(a, 10);
	SCRIPT(b, 5);

	(void)state;
	table_row(table, "zero", "", play_once, &zero);
	strcpy(table_row(table, "a", "", play, &a)->zero, "zero");
	table_row(table, "b", "", play, &b);
	strcpy(table->reference, "a");
	assert_int_equal(table_run(table), 0);
	assert_string_equal(table_find(table, "a")->missing, "its zero line zero has failed");
	assert_string_equal(table->reference, "b");
	assert_near(table_find(table, "b")->value[0].median, 5);
	assert_ptr_equal(table_failed_row(table), table_find(table, "zero"));
}

static void a_table_of_which_nothing_works_is_not_measured(void **state)
{
	struct table *table = make_table(3, false);

	(void)state;
	table_row(table, "ours", "", play_nothing, NULL);
	assert_int_equal(table_run(table), 0);
	assert_false(table->measured);
	assert_string_equal(print_sureness(table), "not measured");
	assert_ptr_equal(table_failed_row(table), table_find(table, "ours"));
}

static void a_zero_line_may_be_of_another_metric(void **state)
{
	struct table *table = make_two_metrics();
	SCRIPT(zero, 100, 30);
	SCRIPT(a, 10, 50);
	SCRIPT(b, 20, 40);

	(void)state;
	table->zero_metric = 1;
	table_row(table, "a", "", play_two, &a);
	table_row(table, "b", "", play_two, &b);
	table_row(table, "zero", "", play_two, &zero);
	strcpy(table_find(table, "a")->zero, "zero");
	strcpy(table_find(table, "b")->zero, "zero");
	table_row(table, ROW_AA, "", play_two, &(struct script){ a_values, 2, 0 });
	assert_int_equal(table_run(table), 0);
	assert_near(table_find(table, "b")->value[0].median, 20);
	assert_near(table_find(table, "b")->value[1].median, 10);
	assert_near(table_find(table, "b")->ratio[0].median, 0.5);
	assert_near(table_find(table, "b")->ratio[1].median, 2);
	assert_null(row_against(table, table_find(table, "zero")));
}

static void once_the_time_is_up_there_is_one_round_and_no_trust(void **state)
{
	struct table *table = make_table(5, false);
	SCRIPT(a, 100);
	double now = now_seconds();

	(void)state;
	table_row(table, "a", "", play, &a);
	bench.deadline = now - 2;
	bench.end = now + 60;
	assert_int_equal(table_run(table), 0);
	assert_int_equal(table->rounds_done, 3);
	assert_true(results_are_reliable(table));
	table = make_table(5, false);
	table_row(table, "a", "", play, &a);
	bench.deadline = now - 2;
	bench.end = now - 1;
	assert_int_equal(table_run(table), 0);
	assert_int_equal(table->rounds_done, 1);
	assert_false(results_are_reliable(table));
	assert_non_null(strstr(print_sureness(table), "1 round, too few to be trusted"));
}

static void what_is_missing_is_not_measured_nor_a_reference(void **state)
{
	struct table *table = make_table(3, false);
	SCRIPT(a, 100);
	SCRIPT(b, 50);
	struct row *row;

	(void)state;
	row = table_row(table, "a", "", play, &a);
	row_missing(row, true, "not there");
	table_row(table, "b", "", play, &b);
	assert_int_equal(table_run(table), 0);
	assert_int_equal(a.at, 0);
	assert_string_equal(table->reference, "b");
}

static void what_others_used_is_told_when_it_is_much(void **state)
{
	struct table *quiet = make_table(3, false), *loaded = make_table(3, false);

	(void)state;
	quiet->others = 0.05;
	assert_null(print_disturbed());
	loaded->others = 0.6;
	assert_non_null(strstr(print_disturbed(), "others used up to 60% of the CPUs"));
	bench.others = 0.7;
	assert_non_null(strstr(print_disturbed(), "others used up to 70% of the CPUs"));
	bench.others = 0;
}

/* The kernel frees what was measured, and that is no load. */
static void a_thread_of_the_kernel_is_not_another(void **state)
{
	double second = (double)sysconf(_SC_CLK_TCK);
	char line[200];

	(void)state;
	snprintf(line, sizeof(line),
	         "21 (kworker/0:1) x) I 2 0 0 0 -1 69238880 0 0 0 0 %.0f %.0f 0 0", second,
	         2 * second);
	assert_near(cpu_usage_of_kernel_thread(line), 3);
	snprintf(line, sizeof(line), "22 (cc) R 1 0 0 0 -1 4194304 0 0 0 0 %.0f %.0f 0 0", second,
	         second);
	assert_near(cpu_usage_of_kernel_thread(line), 0);
	assert_near(cpu_usage_of_kernel_thread(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(medians_lie_between_the_least_and_the_most, release),
		cmocka_unit_test_teardown(a_ratio_above_one_is_in_favour_of_its_row, release),
		cmocka_unit_test_teardown(the_zero_line_is_taken_off_within_a_round, release),
		cmocka_unit_test_teardown(a_difference_that_drowns_in_the_noise_has_no_ratio,
		                          release),
		cmocka_unit_test_teardown(one_round_that_drowns_takes_no_ratio_away, release),
		cmocka_unit_test_teardown(what_drowns_beside_what_does_not_has_a_bound, release),
		cmocka_unit_test_teardown(the_noise_above_a_zero_line_is_told_in_its_unit, release),
		cmocka_unit_test_teardown(what_has_no_ratio_says_why, release),
		cmocka_unit_test_teardown(a_noisy_table_is_measured_again_and_called_unreliable,
		                          release),
		cmocka_unit_test_teardown(the_quietest_attempt_stands, release),
		cmocka_unit_test_teardown(each_metric_has_its_own_noise, release),
		cmocka_unit_test_teardown(a_quick_run_repeats_nothing_and_says_so, release),
		cmocka_unit_test_teardown(an_attempt_in_which_fewer_metrics_are_noisy_stands,
		                          release),
		cmocka_unit_test_teardown(of_all_rows_that_repeat_another_the_worst_counts,
		                          release),
		cmocka_unit_test_teardown(of_a_count_nothing_is_unreliable, release),
		cmocka_unit_test_teardown(without_time_for_another_whole_attempt_there_is_none,
		                          release),
		cmocka_unit_test_teardown(a_noisy_table_that_is_slow_is_measured_again, release),
		cmocka_unit_test_teardown(a_peer_that_does_not_work_is_left_out, release),
		cmocka_unit_test_teardown(a_peer_of_which_something_is_lost_has_failed, release),
		cmocka_unit_test_teardown(a_row_that_fails_says_why_and_the_others_are_measured,
		                          release),
		cmocka_unit_test_teardown(a_reference_that_fails_has_another_one_in_its_place,
		                          release),
		cmocka_unit_test_teardown(without_a_zero_line_nothing_above_it_is_measured,
		                          release),
		cmocka_unit_test_teardown(a_table_of_which_nothing_works_is_not_measured, release),
		cmocka_unit_test_teardown(a_zero_line_may_be_of_another_metric, release),
		cmocka_unit_test_teardown(what_is_missing_is_not_measured_nor_a_reference, release),
		cmocka_unit_test_teardown(once_the_time_is_up_there_is_one_round_and_no_trust,
		                          release),
		cmocka_unit_test_teardown(what_others_used_is_told_when_it_is_much, release),
		cmocka_unit_test(a_thread_of_the_kernel_is_not_another),
	};

	log_init("test_bench_table", false);
	return cmocka_run_group_tests_name("bench_table", tests, NULL, NULL);
}
