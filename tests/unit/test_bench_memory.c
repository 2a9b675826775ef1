// SPDX-License-Identifier: GPL-2.0-or-later
/* The memory that the benchmark sees maps take is all that they take. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "bpffs/log.h"
#include "tests/bench/kernelmem.h"

#define VALUE   16384
#define ENTRIES 1024
#define TRIES   10 /* others free memory meanwhile */

/* What a map of that type is seen to take of size bytes, at the most. */
static double share_seen(enum bpf_map_type type, double size)
{
	double most = 0;

	for (int i = 0; i < TRIES && most < 0.9; i++) {
		double before = kernelmem_read(), seen;
		int fd = bpf_map_create(type, "bench_memory", 4, VALUE, ENTRIES, NULL);

		assert_true(fd >= 0);
		seen = (kernelmem_read() - before) / size;
		close(fd);
		kernelmem_wait(before + size / 10);
		most = seen > most ? seen : most;
	}
	return most;
}

static void what_a_map_takes_is_seen(void **state)
{
	(void)state;
	assert_true(share_seen(BPF_MAP_TYPE_ARRAY, 1.0 * VALUE * ENTRIES) >= 0.9);
}

static void what_a_map_takes_for_each_cpu_is_seen(void **state)
{
	double size = 1.0 * VALUE * ENTRIES * libbpf_num_possible_cpus();

	(void)state;
	assert_true(share_seen(BPF_MAP_TYPE_PERCPU_ARRAY, size) >= 0.9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_map_takes_is_seen),
		cmocka_unit_test(what_a_map_takes_for_each_cpu_is_seen),
	};

	log_init("test_bench_memory", false);
	kernelmem_begin();
	return cmocka_run_group_tests_name("bench_memory", tests, NULL, NULL);
}
