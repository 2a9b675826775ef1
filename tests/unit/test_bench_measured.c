// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs of the benchmark that are loaded anew in each round. Needs root. */
#include <bpf/bpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/bpf/wrap.h"
#include "tests/bench/listed.h"
#include "tests/bench/measured.h"
#include "tests/bench/share.h"

#define MAPS 8

/* A list of one prefix; the first of two keys is in it: packets are dropped and passed in turns. */
struct pair {
	struct lists lists;
	struct keys keys;
	struct measured measured;
	struct row row;
};

static void make_pair(struct pair *pair)
{
	struct prefix *only;
	struct frame frame;
	__be32 keys[2];

	memset(pair, 0, sizeof(*pair));
	bench.round_ms = 1;
	pair->row.subject = &pair->measured;
	assert_int_equal(lists_make(&pair->lists, false, 1), 0);
	only = &pair->lists.prefixes[0];
	address_bytes(only->address, false, &keys[0]);
	address_bytes(only->address ^ (address_t)1 << (128 - only->len), false, &keys[1]);
	assert_int_equal(keys_make(&pair->keys, keys, 2, sizeof(keys[0])), 0);
	frame_make(&frame, false);
	assert_int_equal(listed_load(&listed_kinds[0], &pair->lists, &pair->measured.subject), 0);
	assert_int_equal(listed_fill(&listed_kinds[0], &pair->lists, &pair->measured.subject), 0);
	assert_int_equal(testrun_make(&pair->measured.run, pair->measured.subject.prog_fd, &frame,
	                              &pair->keys),
	                 0);
}

static void free_pair(struct pair *pair)
{
	measured_free(&pair->measured);
	keys_free(&pair->keys);
	lists_free(&pair->lists);
}

/* How many packets the wrapper has seen. */
static __u64 packets_of(const struct testrun *run)
{
	int fd = bpf_object__find_map_fd_by_name(run->wrapper, ".bss");
	struct wrap_state state;
	__u32 zero = 0;

	assert_int_equal(bpf_map_lookup_elem(fd, &zero, &state), 0);
	return state.next;
}

/* Many more than a round has time for, or a few: whatever the time, and what came before. */
static void as_many_packets_as_asked_for_are_timed_and_come_before(void **state)
{
	static const struct {
		__u32 warm, packets;
	} counts[] = { { 1000000, 500000 }, { 3, 7 }, { 0, 20 }, { 3, 7 } };
	double values[TABLE_METRICS];
	struct pair pair;
	__u64 before;

	(void)state;
	make_pair(&pair);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		pair.measured.run.warm = counts[i].warm;
		pair.measured.run.packets = counts[i].packets;
		before = packets_of(&pair.measured.run);
		values[0] = 0;
		assert_int_equal(measured_round(&pair.row, values), 0);
		assert_true(values[0] > 0);
		assert_int_equal(packets_of(&pair.measured.run) - before,
		                 counts[i].warm + counts[i].packets);
	}
	/* As many as take the time: more than those, and of them none is untimed. */
	pair.measured.run.packets = 0;
	before = packets_of(&pair.measured.run);
	assert_int_equal(measured_round(&pair.row, values), 0);
	assert_true(packets_of(&pair.measured.run) - before > 20);
	free_pair(&pair);
}

static void query(int prog_fd, struct bpf_prog_info *info, __u32 *map_ids)
{
	__u32 len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	info->nr_map_ids = MAPS;
	info->map_ids = (__u64)(unsigned long)map_ids;
	assert_int_equal(bpf_obj_get_info_by_fd(prog_fd, info, &len), 0);
}

/* Another program, by its id, but of the same instructions on the same maps. */
static void assert_again(const struct bpf_prog_info *before, const __u32 *maps_before, int prog_fd)
{
	struct bpf_prog_info info;
	__u32 maps[MAPS];

	query(prog_fd, &info, maps);
	assert_int_not_equal(info.id, before->id);
	assert_memory_equal(info.tag, before->tag, sizeof(info.tag));
	assert_int_equal(info.nr_map_ids, before->nr_map_ids);
	assert_memory_equal(maps, maps_before, info.nr_map_ids * sizeof(*maps));
}

static void each_round_has_another_load_of_program_and_wrapper(void **state)
{
	struct bpf_prog_info prog, wrapper;
	__u32 prog_maps[MAPS], wrapper_maps[MAPS];
	double values[TABLE_METRICS] = {};
	struct pair pair;

	(void)state;
	make_pair(&pair);
	for (int i = 0; i < 3; i++) {
		query(pair.measured.subject.prog_fd, &prog, prog_maps);
		query(pair.measured.run.wrapper_fd, &wrapper, wrapper_maps);
		pair.measured.stays = 0; /* however long a load takes here */
		assert_int_equal(measured_round(&pair.row, values), 0);
		assert_true(values[0] > 0);
		assert_again(&prog, prog_maps, pair.measured.subject.prog_fd);
		assert_again(&wrapper, wrapper_maps, pair.measured.run.wrapper_fd);
	}
	free_pair(&pair);
}

/* What is listed is still listed, and the packets go on with the next key. */
static void another_load_goes_on_where_the_one_before_was(void **state)
{
	struct pair pair;
	__u32 action;

	(void)state;
	make_pair(&pair);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(testrun_run(&pair.measured.run, 1, &action), 0);
		assert_int_equal(action, i % 2 ? XDP_PASS : XDP_DROP);
		assert_int_equal(subject_renew(&pair.measured.subject), 0);
		assert_int_equal(testrun_renew(&pair.measured.run, pair.measured.subject.prog_fd),
		                 0);
	}
	free_pair(&pair);
}

static void what_takes_long_to_load_stays_and_its_wrapper_does_not(void **state)
{
	struct bpf_prog_info prog, wrapper, now;
	double values[TABLE_METRICS] = {};
	struct pair pair;
	__u32 maps[MAPS];

	(void)state;
	make_pair(&pair);
	pair.measured.stays = 1;
	query(pair.measured.subject.prog_fd, &prog, maps);
	query(pair.measured.run.wrapper_fd, &wrapper, maps);
	assert_int_equal(measured_round(&pair.row, values), 0);
	query(pair.measured.subject.prog_fd, &now, maps);
	assert_int_equal(now.id, prog.id);
	query(pair.measured.run.wrapper_fd, &now, maps);
	assert_int_not_equal(now.id, wrapper.id);
	assert_int_equal(pair.measured.stays, 0);
	assert_int_equal(measured_round(&pair.row, values), 0);
	query(pair.measured.subject.prog_fd, &now, maps);
	assert_int_not_equal(now.id, prog.id);
	free_pair(&pair);
}

static int fills;

static int fill(struct subject *subject)
{
	assert_true(subject_map(subject, "lpm4") >= 0);
	return ++fills > 1 ? -EIO : 0;
}

static void each_load_is_filled_and_one_that_is_not_fails(void **state)
{
	double values[TABLE_METRICS] = {};
	struct pair pair;

	(void)state;
	make_pair(&pair);
	pair.measured.fill = fill;
	assert_int_equal(measured_round(&pair.row, values), 0);
	assert_int_equal(fills, 1);
	pair.measured.stays = 0;
	assert_int_equal(measured_round(&pair.row, values), -EIO);
	free_pair(&pair);
}

/* What was taken from an interface, say: a file that has changed since would be another program. */
static void another_program_is_no_other_load_of_it(void **state)
{
	struct subject other;
	struct pair pair;
	int prog_fd;

	(void)state;
	make_pair(&pair);
	assert_int_equal(listed_load(&listed_kinds[1], &pair.lists, &other), 0);
	assert_int_equal(share_check(pair.measured.subject.prog_fd, other.prog_fd), -EBADMSG);
	assert_non_null(strstr(log_last_failure(), "is another program"));
	/* Nor has it the maps. */
	prog_fd = pair.measured.subject.prog_fd;
	pair.measured.subject.prog_fd = other.prog_fd;
	assert_int_equal(subject_renew(&pair.measured.subject), -ENOENT);
	pair.measured.subject.prog_fd = prog_fd;
	subject_free(&other);
	free_pair(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_packets_as_asked_for_are_timed_and_come_before),
		cmocka_unit_test(each_round_has_another_load_of_program_and_wrapper),
		cmocka_unit_test(another_load_goes_on_where_the_one_before_was),
		cmocka_unit_test(what_takes_long_to_load_stays_and_its_wrapper_does_not),
		cmocka_unit_test(each_load_is_filled_and_one_that_is_not_fails),
		cmocka_unit_test(another_program_is_no_other_load_of_it),
	};

	log_init("test_bench_measured", false);
	return cmocka_run_group_tests_name("bench_measured", tests, NULL, NULL);
}
