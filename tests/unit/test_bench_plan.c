// SPDX-License-Identifier: GPL-2.0-or-later
/* How the time of a run of the benchmark is shared: what comes last has its part as well. */
#include <stdio.h>
#include <string.h>
#include "bpffs/log.h"
#include "tests/bench/plan.h"
#include "tests/bench/print.h"
#include "tests/bench/results.h"
#include "tests/unit/bench_script.h"

#define SECONDS    700
#define ALL_GROUPS "packet blocklist frames hooks loading replace bulk stats memory"

/* A clock that goes on when a row is measured, and as fast on each machine. */
static double clock_seconds = 1000;
struct bench bench;

double now_seconds(void)
{
	return clock_seconds;
}

double cpu_seconds(void)
{
	return clock_seconds;
}

static void begin(const char *groups)
{
	strcpy(bench.groups, groups);
	bench.table_seconds = 30;
	bench.set_up_since = now_seconds();
	bench.deadline = now_seconds() + SECONDS;
	bench.end = bench.deadline + 60;
	plan_forget();
}

static double share_of(const char *table)
{
	return plan_end(table) - now_seconds();
}

static void the_last_table_may_have_all_that_is_left(void **state)
{
	(void)state;
	begin("packet stats memory");
	assert_true(plan_end("memory6-1M") == bench.deadline);
	begin("stats");
	assert_true(plan_end("stats-watch") == bench.deadline);
}

static void a_table_leaves_those_that_come_their_shares(void **state)
{
	(void)state;
	begin(ALL_GROUPS);
	assert_true(share_of("packet-xdp") < SECONDS / 10);
	assert_true(share_of("blocklist6-1M") < SECONDS / 4);
	/* However late it is, one of the last has no more than what those behind it leave. */
	bench.deadline = now_seconds() + 130;
	assert_true(share_of("bulk-edit") > 5);
	assert_true(share_of("bulk-edit") < 50);
}

/* As slowly as those before were made, those that come will be. */
static void a_slow_machine_keeps_more_for_those_that_come(void **state)
{
	double share;

	(void)state;
	begin("bulk memory");
	share = share_of("bulk-edit");
	plan_learn("t", 1000);
	assert_true(share_of("bulk-edit") == share);
	plan_learn("bulk-insert", 2 * 180);
	assert_true(share_of("bulk-edit") > 40);
	plan_learn("bulk-dump", 20 * 45);
	bench.deadline = now_seconds() + 200;
	bench.set_up_since -= 1000; /* its rounds are all that it has */
	assert_true(share_of("bulk-edit") == 0);
}

static void groups_that_are_not_measured_have_no_share(void **state)
{
	(void)state;
	begin("packet blocklist memory");
	assert_true(share_of("packet-xdp") < SECONDS / 3);
	begin("packet");
	assert_true(share_of("packet-xdp") > SECONDS / 3);
	assert_true(share_of("packet-xdp") < SECONDS);
	/* A name that begins as that of another does not count for it. */
	begin("packets packet");
	assert_true(share_of("packet-tc") > SECONDS - 1);
}

static void without_a_plan_there_is_all_the_time(void **state)
{
	(void)state;
	begin("packet stats");
	assert_true(plan_end("t") == bench.deadline);
	bench.quick = true;
	assert_true(plan_end("packet-xdp") == bench.deadline);
	bench.quick = false;
	bench.deadline = now_seconds() - 1;
	assert_true(plan_end("packet-xdp") == bench.deadline);
}

struct slow_script {
	struct script script;
	double seconds;
};

static int play_slowly(struct row *row, double values[TABLE_METRICS])
{
	struct slow_script *slow = row->subject;

	clock_seconds += slow->seconds;
	values[0] = slow->script.values[slow->script.at++ % slow->script.len];
	return 0;
}

/* Of a table whose rounds take so long, with that much noise. */
static struct table *run_slow(const char *name, unsigned int rounds, double seconds, double noise)
{
	static const double same[] = { 100 };
	const double again[] = { 100 * (1 + noise) };
	struct slow_script a = { { same, 1, 0 }, seconds / 2 };
	struct slow_script aa = { { again, 1, 0 }, seconds / 2 };
	struct table *table;

	bench.rounds = rounds;
	table = table_new(name, "a table");
	assert_non_null(table);
	table_metric(table, (struct metric){ .name = "m", .unit = "u" });
	table_row(table, "a", "", play_slowly, &a);
	table_row(table, ROW_AA, "", play_slowly, &aa);
	assert_int_equal(table_run(table), 0);
	return table;
}

/* What is short and comes last is measured anew, whatever those before it would like to have. */
static void what_is_unreliable_is_repeated_within_its_share(void **state)
{
	struct table *lengthy, *brief;

	(void)state;
	begin("bulk stats");
	bench.deadline = now_seconds() + 310;
	lengthy = run_slow("bulk-insert", 3, 50, 0.25);
	assert_int_equal(lengthy->attempts, 1);
	assert_non_null(strstr(print_sureness(lengthy), "UNRELIABLE, others used "));
	assert_non_null(
		strstr(print_sureness(lengthy),
	               ", not repeated: that takes 150 seconds, and its share of the run has "));
	brief = run_slow("stats-watch", 3, 1, 0.25);
	assert_int_equal(brief->attempts, 3);
	assert_non_null(strstr(print_sureness(brief), ", measured 3 times, the quietest is shown"));
	assert_null(strstr(print_sureness(brief), "not repeated"));
}

/* A run of few groups has time that nobody needs. */
static void what_takes_long_is_repeated_if_its_group_is_alone(void **state)
{
	struct table *table;

	(void)state;
	begin("bulk");
	bench.deadline = now_seconds() + 830;
	table = run_slow("bulk-insert", 5, 57, 0.25);
	assert_int_equal(table->attempts, 3);
	assert_int_equal(table->rounds_done, 3);
	assert_null(strstr(print_sureness(table), "not repeated"));
	/* The others of its group have theirs all the same. */
	assert_true(share_of("bulk-dump") > 45);
	assert_true(bench.deadline - plan_end("bulk-dump") > 40);
}

/* Two of five rounds each would be two of too few. */
static void an_attempt_is_as_long_as_tells_something(void **state)
{
	struct table *table;

	(void)state;
	begin("frames");
	bench.deadline = now_seconds() + 10.5;
	table = run_slow("frames-forward", 45, 1, 0.25);
	assert_int_equal(table->attempts, 1);
	assert_int_equal(table->rounds_done, 10);
	assert_non_null(strstr(print_sureness(table), ", not repeated: that takes 10 seconds"));
}

/* It has as many rounds, and those together no more than the time of the table. */
static void what_is_reliable_gets_more_rounds_instead(void **state)
{
	struct table *noisy, *calm;
	double begun;

	(void)state;
	begin("frames");
	begun = now_seconds();
	bench.deadline = begun + 40;
	noisy = run_slow("frames-forward", 45, 1, 0.25);
	assert_int_equal(noisy->attempts, 2);
	assert_in_range(noisy->rounds_done, 18, 20);
	assert_true(now_seconds() <= begun + 40);
	begin("frames");
	begun = now_seconds();
	bench.deadline = begun + 40;
	calm = run_slow("frames-forward", 45, 1, 0.01);
	assert_int_equal(calm->attempts, 1);
	assert_in_range(calm->rounds_done, 29, 30); /* those 30 seconds that an attempt may take */
	assert_true(now_seconds() <= begun + 30);
}

/* Seconds on a slow machine: to set a table up, for each of its rounds, and how many it may have.
 */
static const struct work {
	const char *table;
	double setup, round;
	unsigned int rounds;
} all_work[] = {
	/* clang-format off */
	{ "packet-xdp",      5, 1.3, 45 },
	{ "packet-tc",       4, 0.7, 45 },
	{ "blocklist-1k",    8, 4,   15 },
	{ "blocklist6-1k",   8, 4,   15 },
	{ "blocklist-100k", 10, 5,   15 },
	{ "blocklist-1M",   24, 7,   15 },
	{ "blocklist6-1M",  24, 9,   15 },
	{ "frames-drop",     1, 1.3, 15 },
	{ "frames-forward",  2, 3.4, 15 },
	{ "hooks-cost",      6, 1.6, 45 },
	{ "hooks-drop",      1, 1.3, 15 },
	{ "hooks-pass",      1, 1.4, 15 },
	{ "hooks-forward",   2, 2,   15 },
	{ "loading-1",       2, 0.3, 15 },
	{ "loading-10",      0, 2.5,  7 },
	{ "loading-100",     0, 12,   5 },
	{ "replace",         2, 4,   15 },
	{ "bulk-insert",     8, 57,   5 },
	{ "bulk-dump",       1, 14,   5 },
	{ "bulk-edit",      20, 2,   15 },
	{ "stats-once",      8, 0.1, 15 },
	{ "stats-many",      0, 0.6, 15 },
	{ "stats-watch",     0, 0.6, 15 },
	{ "memory-1k",       3, 0.5,  5 },
	{ "memory-100k",     1, 2,    5 },
	{ "memory-1M",       6, 10,   5 },
	{ "memory6-1M",      8, 13,   5 },
	/* clang-format on */
};

/* A whole run, slower by some times; returns how many tables were measured more than once. */
static unsigned int run_all(double slower, double noise)
{
	double started = now_seconds();
	unsigned int repeated = 0;

	begin(ALL_GROUPS);
	bench.deadline = started + 830;
	bench.end = started + 870;
	for (size_t i = 0; i < sizeof(all_work) / sizeof(all_work[0]); i++) {
		const struct work *work = &all_work[i];
		struct table *table;

		clock_seconds += work->setup * slower;
		table = run_slow(work->table, work->rounds, work->round * slower, noise);
		assert_true(table->rounds_done >= ROUNDS_LEAST);
		repeated += table->attempts > 1;
		if (!results_are_reliable(table) && table->attempts < 3)
			assert_non_null(strstr(print_sureness(table), ", not repeated"));
	}
	assert_true(now_seconds() - started < 880);
	while (bench.tables_len)
		table_free(bench.tables[--bench.tables_len]);
	return repeated;
}

static void each_table_has_three_rounds_within_the_time_of_a_run(void **state)
{
	(void)state;
	run_all(1, 0.01);
	run_all(1.2, 0.01);
	assert_true(run_all(1.2, 0.25) >= 1);
	assert_true(run_all(1, 0.25) >= 6);
	assert_true(run_all(0.5, 0.25) >= 18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_table_may_have_all_that_is_left),
		cmocka_unit_test(a_table_leaves_those_that_come_their_shares),
		cmocka_unit_test(a_slow_machine_keeps_more_for_those_that_come),
		cmocka_unit_test(groups_that_are_not_measured_have_no_share),
		cmocka_unit_test(without_a_plan_there_is_all_the_time),
		cmocka_unit_test_teardown(what_is_unreliable_is_repeated_within_its_share, release),
		cmocka_unit_test_teardown(what_takes_long_is_repeated_if_its_group_is_alone,
		                          release),
		cmocka_unit_test_teardown(an_attempt_is_as_long_as_tells_something, release),
		cmocka_unit_test_teardown(what_is_reliable_gets_more_rounds_instead, release),
		cmocka_unit_test_teardown(each_table_has_three_rounds_within_the_time_of_a_run,
		                          release),
	};

	log_init("test_bench_plan", false);
	return cmocka_run_group_tests_name("bench_plan", tests, NULL, NULL);
}
