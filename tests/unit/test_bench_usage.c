// SPDX-License-Identifier: GPL-2.0-or-later
/* What others used of the CPUs while the benchmark measured. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/print.h"
#include "tests/bench/usage.h"
#include "tests/unit/bench_script.h"

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
		cmocka_unit_test_teardown(what_others_used_is_told_when_it_is_much, release),
		cmocka_unit_test_teardown(a_thread_of_the_kernel_is_not_another, release),
	};

	log_init("test_bench_usage", false);
	return cmocka_run_group_tests_name("bench_usage", tests, NULL, NULL);
}
