// SPDX-License-Identifier: GPL-2.0-or-later
/* What a part of another kind of list is given is all that this one looks a packet up in. */
#include <bpf/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "bpffs/log.h"
#include "tests/bench/listed.h"

#define ENTRIES 100000 /* of fewer, all IPv4 ones fit into the top */

/* What a slot of a map of maps holds: the number of a map, or 0. */
static __u32 held(const struct subject *subject, const struct bpf_map *map, __u32 slot)
{
	int fd = bpf_object__find_map_fd_by_name(subject->object.obj, bpf_map__name(map));
	__u32 id = 0;

	assert_true(fd >= 0);
	return bpf_map_lookup_elem(fd, &slot, &id) ? 0 : id;
}

/* Maps of maps that the part has: each slot holds what it does in the whole. Returns those filled.
 */
static unsigned int compare_slots(const struct subject *part, const struct subject *whole)
{
	unsigned int filled = 0;
	struct bpf_map *map;

	bpf_object__for_each_map(map, part->object.obj) {
		if (bpf_map__type(map) != BPF_MAP_TYPE_ARRAY_OF_MAPS || bpf_map__fd(map) < 0)
			continue;
		for (__u32 slot = 0; slot < bpf_map__max_entries(map); slot++) {
			__u32 id = held(whole, map, slot);

			if (held(part, map, slot) != id)
				fail_msg("slot %u of %s is another", slot, bpf_map__name(map));
			filled += id != 0;
		}
	}
	return filled;
}

static void share_and_compare(bool v6, unsigned int filled)
{
	const struct listed_kind *part = listed_find("acl-set"), *whole = listed_find("xdp_acl");
	struct subject part_subject, whole_subject;
	struct lists lists = {};

	assert_int_equal(lists_make(&lists, v6, ENTRIES), 0);
	assert_int_equal(listed_load(whole, &lists, &whole_subject), 0);
	assert_int_equal(listed_fill(whole, &lists, &whole_subject), 0);
	assert_int_equal(listed_load(part, &lists, &part_subject), 0);
	assert_int_equal(listed_share(part, &part_subject, &whole_subject, v6), 0);
	assert_true(compare_slots(&part_subject, &whole_subject) >= filled);
	subject_free(&part_subject);
	subject_free(&whole_subject);
	lists_free(&lists);
}

/* The top, the front and at least one half. */
static void the_part_has_the_whole_ipv4_set(void **state)
{
	(void)state;
	share_and_compare(false, 3);
}

static void the_part_has_the_whole_ipv6_set(void **state)
{
	(void)state;
	share_and_compare(true, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_part_has_the_whole_ipv4_set),
		cmocka_unit_test(the_part_has_the_whole_ipv6_set),
	};

	log_init("test_bench_listed", false);
	return cmocka_run_group_tests_name("bench_listed", tests, NULL, NULL);
}
