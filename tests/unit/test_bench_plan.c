// SPDX-License-Identifier: GPL-2.0-or-later
/* How the time of a run of the benchmark is shared: what comes last has its part as well. */
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/plan.h"
#include "tests/bench/results.h"
#include "tests/unit/bench_script.h"

#define SECONDS 700

static void begin(const char *groups)
{
	strcpy(bench.groups, groups);
	bench.deadline = now_seconds() + SECONDS;
	bench.end = bench.deadline + 60;
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
	begin("packet blocklist frames hooks loading replace bulk stats memory");
	assert_true(share_of("packet-xdp") < SECONDS / 10);
	assert_true(share_of("blocklist6-1M") < SECONDS / 4);
	/* However late it is, a short one among the last has a part of it. */
	bench.deadline = now_seconds() + 100;
	assert_true(share_of("bulk-edit") > 5);
	assert_true(share_of("bulk-edit") < 50);
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

static int play_slowly(struct row *row, double values[TABLE_METRICS])
{
	usleep(10000);
	return play(row, values);
}

/* What is short and comes last is measured anew, whatever those before it would like to have. */
static void what_is_unreliable_is_repeated_within_its_share(void **state)
{
	struct table *lengthy = make_table(3, false), *brief = make_table(3, false);
	SCRIPT(a, 100);
	SCRIPT(aa, 125);

	(void)state;
	begin("bulk stats");
	strcpy(lengthy->name, "bulk-insert");
	strcpy(brief->name, "stats-watch");
	bench.deadline = now_seconds() + 0.3; /* of which an attempt takes 0.06 at least */
	table_row(lengthy, "a", "", play_slowly, &a);
	table_row(lengthy, ROW_AA, "", play_slowly, &aa);
	table_row(brief, "a", "", play, &a);
	table_row(brief, ROW_AA, "", play, &aa);
	assert_int_equal(table_run(lengthy), 0);
	assert_int_equal(lengthy->attempts, 1);
	bench.deadline = now_seconds() + 60;
	assert_int_equal(table_run(brief), 0);
	assert_int_equal(brief->attempts, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_table_may_have_all_that_is_left),
		cmocka_unit_test(a_table_leaves_those_that_come_their_shares),
		cmocka_unit_test(groups_that_are_not_measured_have_no_share),
		cmocka_unit_test(without_a_plan_there_is_all_the_time),
		cmocka_unit_test_teardown(what_is_unreliable_is_repeated_within_its_share, release),
	};

	log_init("test_bench_plan", false);
	return cmocka_run_group_tests_name("bench_plan", tests, NULL, NULL);
}
