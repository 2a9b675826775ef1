// SPDX-License-Identifier: GPL-2.0-or-later
/* Noise of the benchmark's tables: what is measured again, and which attempt stands. */
#include <math.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/print.h"
#include "tests/bench/results.h"
#include "tests/unit/bench_script.h"

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

/* As it was in one run: 7% in the median, which three rounds so far apart do not know so well. */
static void noise_is_no_less_than_twice_the_standard_error_of_its_median(void **state)
{
	struct table *table = make_table(3, false);
	SCRIPT(a, 98, 107, 130);
	SCRIPT(aa, 100);

	(void)state;
	table_row(table, "a", "", play, &a);
	table_row(table, ROW_AA, "", play, &aa);
	assert_int_equal(table_run(table), 0);
	/* The quartiles are 1.025 and 1.185. */
	assert_near(table->noise[0].share, 2 * 0.16 / sqrt(3));
	assert_false(results_are_reliable(table));
	assert_near(table_find(table, "a")->value[0].unsure, 2 * 16 / sqrt(3));
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
	assert_int_equal(table->rounds_done, 3);
	assert_non_null(strstr(print_sureness(table), ", not repeated: that takes "));
}

/* However slow it is: its rounds alone take longer than an attempt should. */
static void a_noisy_table_that_is_slow_is_measured_again(void **state)
{
	struct table *table = make_table(3, false);
	SCRIPT(a, 100);
	SCRIPT(aa, 125);

	(void)state;
	table->seconds = 0.01;
	table_row(table, "a", "", play_slowly, &a);
	table_row(table, ROW_AA, "", play_slowly, &aa);
	assert_int_equal(table_run(table), 0);
	assert_int_equal(table->attempts, 3);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_noisy_table_is_measured_again_and_called_unreliable,
		                          release),
		cmocka_unit_test_teardown(
			noise_is_no_less_than_twice_the_standard_error_of_its_median, release),
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
		cmocka_unit_test_teardown(once_the_time_is_up_there_is_one_round_and_no_trust,
		                          release),
	};

	log_init("test_bench_noise", false);
	return cmocka_run_group_tests_name("bench_noise", tests, NULL, NULL);
}
