// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of ids, as bpffs/idlist.h promises them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "bpffs/idlist.h"

static void expect_added(const char *before, __u32 id, const char *after)
{
	char list[IDLIST_SIZE];

	strcpy(list, before);
	assert_int_equal(idlist_add(list, id, ','), 0);
	assert_string_equal(list, after);
	assert_true(idlist_has(list, id));
}

static void test_ids_that_follow_each_other_are_a_range(void **state)
{
	(void)state;
	expect_added("", 7, "7");
	expect_added("7", 8, "7-8");
	expect_added("7", 6, "6-7");
	expect_added("7", 9, "7,9");
	expect_added("7,9", 8, "7-9");
	expect_added("3,7-9,20", 10, "3,7-10,20");
	expect_added("3,7-9,20", 1, "1,3,7-9,20");
	expect_added("3,7-9,20", 8, "3,7-9,20");
	expect_added("4294967294", 4294967295U, "4294967294-4294967295");
	/* As it was written when there were no ranges. */
	expect_added("117.118.130", 119, "117-119,130");
}

static void test_what_is_in_no_range_is_not_in_the_list(void **state)
{
	(void)state;
	assert_false(idlist_has("", 0));
	assert_false(idlist_has("17-19", 1));
	assert_false(idlist_has("17-19", 20));
	assert_false(idlist_has("17-19,30", 25));
	assert_true(idlist_has("17-19,30", 30));
	assert_false(idlist_has("more", 0));
}

static void test_a_full_list_says_so_and_stays(void **state)
{
	char list[IDLIST_SIZE] = "", before[IDLIST_SIZE];
	__u32 id = 1000000000;

	(void)state;
	while (strcpy(before, list), !idlist_add(list, id, '.'))
		id += 2;
	assert_true(id > 1000000000 + 2 * 130);
	assert_string_equal(list, before);
	assert_false(idlist_has(list, id));
	assert_int_equal(idlist_add(list, id - 2, '.'), 0);
	/* What closes a gap makes it shorter. */
	assert_int_equal(idlist_add(list, id - 3, '.'), 0);
	assert_true(strlen(list) <= strlen(before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids_that_follow_each_other_are_a_range),
		cmocka_unit_test(test_what_is_in_no_range_is_not_in_the_list),
		cmocka_unit_test(test_a_full_list_says_so_and_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
