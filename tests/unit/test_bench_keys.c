// SPDX-License-Identifier: GPL-2.0-or-later
/* The benchmark's lists, keys and packets: as they are said to be, in each run of a program. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "bpffs/log.h"
#include "objects/acl_lists.h"
#include "tests/bench/lists.h"
#include "tests/bench/listed.h"
#include "tests/bench/subject.h"
#include "tests/bench/testrun.h"

#define SPOIL   "build/tests/bpf/bench_spoil.o"
#define PACKETS 100

/* By looking at each entry. */
static bool is_listed(const struct prefix *list, __u32 count, address_t address)
{
	for (__u32 i = 0; i < count; i++)
		if (!((list[i].address ^ address) >> (128 - list[i].len)))
			return true;
	return false;
}

static address_t read_key(const struct keys *keys, __u32 i)
{
	unsigned char bytes[16] = {};
	address_t address = 0;

	assert_int_equal(bpf_map_lookup_elem(keys->map_fd, &i, bytes), 0);
	for (int at = 0; at < 16; at++)
		address = address << 8 | bytes[at];
	return address;
}

/* Dense enough that some neighbours of an entry are listed as well. */
static void check_keys(bool v6, bool addresses)
{
	struct lists lists = {};
	const struct prefix *list;

	assert_int_equal(lists_make(&lists, v6, 20000), 0);
	list = addresses ? lists.addresses : lists.prefixes;
	for (int kind = 0; kind < KEY_KINDS; kind++) {
		struct keys keys = {};

		assert_int_equal(lists_keys(&lists, addresses, kind, 2048, &keys), 0);
		for (__u32 i = 0; i < keys.count; i++)
			assert_int_equal(is_listed(list, lists.count, read_key(&keys, i)),
			                 kind == KEY_HIT);
		keys_free(&keys);
	}
	lists_free(&lists);
}

static void keys_hit_or_miss_as_they_should(void **state)
{
	(void)state;
	check_keys(false, false);
	check_keys(false, true);
	check_keys(true, false);
}

static void no_entry_comes_twice_and_host_bits_are_zero(void **state)
{
	struct lists lists = {};

	(void)state;
	assert_int_equal(lists_make(&lists, false, 3000), 0);
	for (__u32 i = 0; i < lists.count; i++) {
		const struct prefix *one = &lists.prefixes[i];

		assert_true(one->len >= 16 && one->len <= 32);
		assert_true(!(one->address << one->len));
		for (__u32 k = 0; k < i; k++)
			assert_false(lists.prefixes[k].address == one->address &&
			             lists.prefixes[k].len == one->len);
	}
	lists_free(&lists);
}

/* The first of two keys is listed: packets are dropped and passed in turns. */
static void each_packet_has_the_next_key(void **state)
{
	struct lists lists = {};
	struct subject subject;
	struct testrun run;
	struct keys keys;
	struct frame frame;
	__be32 pair[2];

	(void)state;
	assert_int_equal(lists_make(&lists, false, 1), 0);
	address_bytes(lists.prefixes[0].address, false, &pair[0]);
	address_bytes(lists.prefixes[0].address ^ (address_t)1 << (128 - lists.prefixes[0].len),
	              false, &pair[1]);
	assert_int_equal(keys_make(&keys, pair, 2, sizeof(pair[0])), 0);
	frame_make(&frame, false);
	assert_int_equal(listed_load(&listed_kinds[0], &lists, &subject), 0);
	assert_int_equal(listed_fill(&listed_kinds[0], &lists, &subject), 0);
	assert_int_equal(testrun_make(&run, subject.prog_fd, &frame, &keys), 0);
	for (int i = 0; i < 3; i++) {
		__u32 action;

		assert_int_equal(testrun_run(&run, 1, &action), 0);
		assert_int_equal(action, XDP_DROP);
		assert_int_equal(testrun_run(&run, 1, &action), 0);
		assert_int_equal(action, XDP_PASS);
		assert_int_equal(testrun_run(&run, 3, &action), 0);
		assert_int_equal(action, XDP_DROP);
		assert_int_equal(testrun_run(&run, 3, &action), 0);
		assert_int_equal(action, XDP_PASS);
	}
	testrun_free(&run);
	subject_free(&subject);
	keys_free(&keys);
	lists_free(&lists);
}

static __u32 set_id(const struct subject *subject, bool v6)
{
	__u32 slot = 0, id = 0;

	assert_int_equal(
		bpf_map_lookup_elem(subject_map(subject, v6 ? ACL_SETS6 : ACL_TOPS4), &slot, &id),
		0);
	return id;
}

static void check_part(bool v6)
{
	const struct listed_kind *part = listed_find("acl-set"), *whole;
	struct subject subjects[2];
	struct lists lists = {};

	assert_non_null(part);
	whole = listed_find(part->whole);
	assert_non_null(whole);
	assert_int_equal(lists_make(&lists, v6, 1000), 0);
	assert_int_equal(listed_load(whole, &lists, &subjects[0]), 0);
	assert_int_equal(listed_fill(whole, &lists, &subjects[0]), 0);
	assert_int_equal(listed_load(part, &lists, &subjects[1]), 0);
	assert_int_equal(listed_share(part, &subjects[1], &subjects[0], v6), 0);
	assert_true(set_id(&subjects[0], v6));
	assert_int_equal(set_id(&subjects[0], v6), set_id(&subjects[1], v6));
	subject_free(&subjects[0]);
	subject_free(&subjects[1]);
	lists_free(&lists);
}

/* Else it may cost more than the whole: each set is hashed by a random number of its own. */
static void a_part_of_a_program_looks_into_what_the_whole_has(void **state)
{
	(void)state;
	assert_null(listed_find(NULL));
	assert_null(listed_find("no such kind"));
	check_part(false);
	check_part(true);
}

static void check_restored(const char *program, int action)
{
	struct subject subject;
	struct testrun run;
	struct keys keys;
	struct frame frame;

	frame_make(&frame, false);
	assert_int_equal(keys_make_private(&keys, 16), 0);
	assert_int_equal(subject_load(&subject, SPOIL, program, NULL, NULL), 0);
	assert_int_equal(testrun_make(&run, subject.prog_fd, &frame, &keys), 0);
	assert_int_equal(testrun_check(&run, action, PACKETS), 0);
	testrun_free(&run);
	subject_free(&subject);
	keys_free(&keys);
}

static void each_packet_is_as_the_first_one(void **state)
{
	(void)state;
	check_restored("bench_spoil_xdp", XDP_PASS);
	check_restored("bench_spoil_tc", TC_ACT_OK);
}

static void what_overlaps_or_touches_is_one_range(void **state)
{
	static const struct {
		unsigned char bytes[4], len;
	} given[] = { { { 20, 0, 0, 0 }, 24 },     { { 10, 0, 1, 0 }, 24 }, { { 10, 0, 0, 0 }, 16 },
		      { { 20, 0, 0, 9 }, 32 },     { { 20, 0, 1, 0 }, 32 }, { { 20, 0, 1, 2 }, 32 },
		      { { 223, 255, 255, 0 }, 24 } };
	struct prefix prefixes[sizeof(given) / sizeof(given[0])];
	struct lists lists = { .prefixes = prefixes };
	__u32 ranges = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		prefixes[i] = (struct prefix){ .len = given[i].len };
		for (size_t b = 0; b < 4; b++)
			prefixes[i].address |= (address_t)given[i].bytes[b] << (120 - 8 * b);
	}
	/* 10.0.0.0/16, 20.0.0.0-20.0.1.0, 20.0.1.2, 223.255.255.0/24 */
	lists.count = sizeof(given) / sizeof(given[0]);
	assert_int_equal(lists_ranges(&lists, &ranges), 0);
	assert_int_equal(ranges, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_hit_or_miss_as_they_should),
		cmocka_unit_test(no_entry_comes_twice_and_host_bits_are_zero),
		cmocka_unit_test(what_overlaps_or_touches_is_one_range),
		cmocka_unit_test(each_packet_has_the_next_key),
		cmocka_unit_test(a_part_of_a_program_looks_into_what_the_whole_has),
		cmocka_unit_test(each_packet_is_as_the_first_one),
	};

	log_init("test_bench_keys", false);
	return cmocka_run_group_tests_name("bench_keys", tests, NULL, NULL);
}
