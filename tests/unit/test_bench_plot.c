// SPDX-License-Identifier: GPL-2.0-or-later
/* What the plots of the benchmark show, from known values. */
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
#include "tests/bench/plot.h"

/* The reference is 100 ms and 10 a second, without a loss; A/A is off by a fifth in the second. */
static int play(struct row *row, double values[TABLE_METRICS])
{
	bool again = !strcmp(row->name, ROW_AA);

	values[0] = 100;
	values[1] = again ? 12 : 10;
	values[2] = 0;
	values[3] = strcmp(row->name, "loses") ? 0 : 7;
	return 0;
}

static int release(void **state)
{
	(void)state;
	while (bench.tables_len)
		table_free(bench.tables[--bench.tables_len]);
	return 0;
}

/* Rows may be missing, and are no bars then. */
static char *make_script(const char *path)
{
	struct table *table;
	char *script = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&script, &size);

	bench.rounds = 3;
	bench.deadline = now_seconds() + 60;
	table = table_new("t", "a table");
	assert_non_null(table);
	assert_non_null(f);
	table_metric(table, (struct metric){ .name = "wall", .unit = "ms" });
	table_metric(table, (struct metric){ .name = "rate", .unit = "per s", .higher = true });
	table_metric(table, (struct metric){ .name = "none", .unit = "frames", .no_ratio = true });
	table_metric(table, (struct metric){ .name = "lost", .unit = "frames", .no_ratio = true });
	table_row(table, "reference", "", play, NULL);
	table_row(table, "loses", "", play, NULL);
	row_missing(table_row(table, "absent", "", play, NULL), true, "not there");
	assert_int_equal(table_run(table), 0);
	plot_script(f, table, path);
	fclose(f);
	return script;
}

static void each_metric_has_a_panel_but_counts_of_nothing(void **state)
{
	char *script = make_script("/a");

	(void)state;
	assert_non_null(strstr(script, "\"t: wall, ms (less is better)\"\n"));
	assert_non_null(strstr(script, "\"t: rate, per s (more is better), UNRELIABLE\"\n"));
	assert_non_null(strstr(script, "\"t: lost, frames (less is better)\"\n"));
	assert_null(strstr(script, "t: none"));
	assert_non_null(strstr(script, "layout 3,1"));
	free(script);
}

static void each_measured_row_is_a_bar_with_its_own_value(void **state)
{
	char *script = make_script("/a");

	(void)state;
	assert_non_null(strstr(script, "$metric0 << EOD\n\"reference  100\" 0 100 100 100\n"));
	assert_non_null(strstr(script, "$metric1 << EOD\n\"reference  10.0\" 0 10 10 10\n"));
	assert_non_null(strstr(script, "\"loses  7.00\" 1 7 7 7\n"));
	assert_null(strstr(script, "absent"));
	assert_non_null(strstr(script, "plot $metric3 "));
	free(script);
}

static void a_path_stands_in_quotes(void **state)
{
	char *script = make_script("/it's");

	(void)state;
	assert_non_null(strstr(script, "set output '/it''s'\n"));
	free(script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(each_metric_has_a_panel_but_counts_of_nothing, release),
		cmocka_unit_test_teardown(each_measured_row_is_a_bar_with_its_own_value, release),
		cmocka_unit_test_teardown(a_path_stands_in_quotes, release),
	};

	log_init("test_bench_plot", false);
	return cmocka_run_group_tests_name("bench_plot", tests, NULL, NULL);
}
