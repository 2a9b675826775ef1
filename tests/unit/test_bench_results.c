// SPDX-License-Identifier: GPL-2.0-or-later
/* Medians, ratios, bounds and zero lines of the benchmark's tables. */
#include <math.h>
#include <string.h>
#include "bpffs/log.h"
#include "tests/bench/print.h"
#include "tests/bench/results.h"
#include "tests/unit/bench_script.h"

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

static void a_ratio_that_noise_may_have_made_is_marked(void **state)
{
	struct table *table = make_table(5, false);
	SCRIPT(a, 100);
	SCRIPT(aa, 100 / 0.95);
	SCRIPT(near, 104);
	SCRIPT(nearer, 96);
	SCRIPT(far, 80);
	SCRIPT(spread, 70, 75, 80, 110, 115);

	(void)state;
	table_row(table, "a", "", play, &a);
	table_row(table, ROW_AA, "", play, &aa);
	table_row(table, "near", "", play, &near);
	table_row(table, "nearer", "", play, &nearer);
	table_row(table, "far", "", play, &far);
	table_row(table, "spread", "", play, &spread);
	assert_int_equal(table_run(table), 0);
	assert_string_equal(print_ratio(&table_find(table, ROW_AA)->ratio[0]), "~0.95");
	assert_string_equal(print_ratio(&table_find(table, "near")->ratio[0]), "~0.96");
	assert_string_equal(print_ratio(&table_find(table, "nearer")->ratio[0]), "~1.04");
	assert_string_equal(print_ratio(&table_find(table, "far")->ratio[0]), "1.25");
	/* The same median, of rounds that do not know it. */
	assert_string_equal(print_ratio(&table_find(table, "spread")->ratio[0]), "~1.25");
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

/* Above the noise, but by less than two thirds of it: a number with three digits would be luck. */
static void what_is_hardly_above_the_noise_has_a_bound(void **state)
{
	SCRIPT(zero, 100);
	SCRIPT(aa, 100 / 0.98);
	SCRIPT(a, 200);
	SCRIPT(b, 105);
	SCRIPT(c, 106);
	SCRIPT(d, 107);
	struct table *table = make_above_zero(&zero, &aa);

	(void)state;
	add_above_zero(table, "a", &a, "");
	add_above_zero(table, "b", &b, "a");
	add_above_zero(table, "c", &c, "b");
	add_above_zero(table, "d", &d, "a");
	assert_int_equal(table_run(table), 0);
	/* 100 less 4, of 5 and 2.1; 7 is more than three times 2.14. */
	assert_near(table_find(table, "b")->ratio[0].median, 96 / 7.1);
	assert_string_equal(print_ratio(&table_find(table, "b")->ratio[0]), ">13.5");
	assert_string_equal(print_no_ratio(table, table_find(table, "c"), 0), PRINT_NOISE);
	assert_string_equal(print_ratio(&table_find(table, "d")->ratio[0]), "14.3");
}

/* So is one that is spread, whatever A/A says. */
static void what_its_own_rounds_do_not_know_has_a_bound(void **state)
{
	SCRIPT(zero, 100);
	SCRIPT(aa, 100);
	SCRIPT(a, 200);
	SCRIPT(b, 90, 95, 105, 115, 120);
	struct table *table = make_above_zero(&zero, &aa);

	(void)state;
	add_above_zero(table, "a", &a, "");
	add_above_zero(table, "b", &b, "a");
	assert_int_equal(table_run(table), 0);
	assert_near(table->noise[0].share, 0);
	assert_near(table_find(table, "b")->ratio[0].median, 100 / (5 + 2 * 20 / sqrt(5)));
	assert_int_equal(table_find(table, "b")->ratio[0].bound, '>');
}

/* Each of two differences has its own noise. */
static void a_ratio_of_two_differences_has_the_noise_of_both(void **state)
{
	SCRIPT(zero, 100);
	SCRIPT(aa, 100 / 0.98);
	SCRIPT(a, 150);
	SCRIPT(b, 140);
	SCRIPT(c, 145);
	struct table *table = make_above_zero(&zero, &aa);
	struct row *row;

	(void)state;
	add_above_zero(table, "a", &a, "");
	add_above_zero(table, "b", &b, "a");
	add_above_zero(table, "c", &c, "a");
	assert_int_equal(table_run(table), 0);
	row = table_find(table, "b");
	assert_near(results_ratio_margin(table, row, table_find(table, "a"), 0, &row->ratio[0]),
	            1.25 * hypot(3.0 / 50, 2.8 / 40));
	assert_string_equal(print_ratio(&row->ratio[0]), "1.25");
	row = table_find(table, "c"); /* 0.11, and 0.10 with the larger one alone is less */
	assert_near(row->ratio[0].median, 50.0 / 45);
	assert_string_equal(print_ratio(&row->ratio[0]), "1.11");
	table->noise[0].share = 0.025;
	assert_true(results_ratio_margin(table, row, table_find(table, "a"), 0, &row->ratio[0]) >
	            row->ratio[0].median - 1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(medians_lie_between_the_least_and_the_most, release),
		cmocka_unit_test_teardown(a_ratio_above_one_is_in_favour_of_its_row, release),
		cmocka_unit_test_teardown(the_zero_line_is_taken_off_within_a_round, release),
		cmocka_unit_test_teardown(a_difference_that_drowns_in_the_noise_has_no_ratio,
		                          release),
		cmocka_unit_test_teardown(a_ratio_that_noise_may_have_made_is_marked, release),
		cmocka_unit_test_teardown(what_is_hardly_above_the_noise_has_a_bound, release),
		cmocka_unit_test_teardown(what_its_own_rounds_do_not_know_has_a_bound, release),
		cmocka_unit_test_teardown(a_ratio_of_two_differences_has_the_noise_of_both,
		                          release),
		cmocka_unit_test_teardown(one_round_that_drowns_takes_no_ratio_away, release),
		cmocka_unit_test_teardown(what_drowns_beside_what_does_not_has_a_bound, release),
		cmocka_unit_test_teardown(the_noise_above_a_zero_line_is_told_in_its_unit, release),
		cmocka_unit_test_teardown(what_has_no_ratio_says_why, release),
		cmocka_unit_test_teardown(a_zero_line_may_be_of_another_metric, release),
	};

	log_init("test_bench_results", false);
	return cmocka_run_group_tests_name("bench_results", tests, NULL, NULL);
}
