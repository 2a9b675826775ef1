// SPDX-License-Identifier: GPL-2.0-or-later
/* Rows of the benchmark's tables that fail, or are not there. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/print.h"
#include "tests/unit/bench_script.h"

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

/* That of the command was reported; what our code for it is called is no reason. */
static void the_row_of_a_command_that_fails_is_named_without_a_reason(void **state)
{
	int said = memfd_create("said", 0), before = dup(STDERR_FILENO);
	struct table *table = make_table(3, false);
	char text[512] = "";
	SCRIPT(a, 10);

	(void)state;
	table_row(table, "a", "", play, &a);
	table_row(table, "ours", "", play_no_tool, NULL);
	assert_true(said >= 0 && before >= 0 && dup2(said, STDERR_FILENO) >= 0);
	assert_int_equal(table_run(table), 0);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	assert_true(pread(said, text, sizeof(text) - 1, 0) > 0);
	close(said);
	close(before);
	assert_non_null(strstr(text, ": cannot measure ours of table t\n"));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_peer_that_does_not_work_is_left_out, release),
		cmocka_unit_test_teardown(a_peer_of_which_something_is_lost_has_failed, release),
		cmocka_unit_test_teardown(the_row_of_a_command_that_fails_is_named_without_a_reason,
		                          release),
		cmocka_unit_test_teardown(a_row_that_fails_says_why_and_the_others_are_measured,
		                          release),
		cmocka_unit_test_teardown(a_reference_that_fails_has_another_one_in_its_place,
		                          release),
		cmocka_unit_test_teardown(without_a_zero_line_nothing_above_it_is_measured,
		                          release),
		cmocka_unit_test_teardown(a_table_of_which_nothing_works_is_not_measured, release),
		cmocka_unit_test_teardown(what_is_missing_is_not_measured_nor_a_reference, release),
	};

	log_init("test_bench_failed", false);
	return cmocka_run_group_tests_name("bench_failed", tests, NULL, NULL);
}
