// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers as users type them, as bpffs/number.h promises them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "bpffs/number.h"

static void test_decimal_digits_are_a_number(void **state)
{
	__u64 number;

	(void)state;
	assert_true(number_parse("0", 0, &number));
	assert_int_equal(number, 0);
	assert_true(number_parse("10", 10, &number));
	assert_int_equal(number, 10);
	assert_true(number_parse("18446744073709551615", UINT64_MAX, &number));
	assert_true(number == UINT64_MAX);
}

static void test_what_is_more_or_no_such_number_is_none(void **state)
{
	static const char *const bad[] = { "",
		                           "-1",
		                           "+1",
		                           " 1",
		                           "1 ",
		                           "1k",
		                           "11",
		                           "010",
		                           "0x1f",
		                           "00",
		                           "x",
		                           "1.0",
		                           "-0",
		                           "-18446744073709551615",
		                           "18446744073709551617" };
	__u64 number;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (number_parse(bad[i], 10, &number))
			fail_msg("'%s' is taken for %llu", bad[i], (unsigned long long)number);
	assert_false(number_parse("18446744073709551616", UINT64_MAX, &number));
}

static void test_what_stands_behind_it_is_told(void **state)
{
	__u64 number;

	(void)state;
	assert_string_equal(number_read("10k", 100, &number), "k");
	assert_int_equal(number, 10);
	assert_string_equal(number_read("0k", 100, &number), "k");
	assert_null(number_read("01k", 100, &number));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decimal_digits_are_a_number),
		cmocka_unit_test(test_what_is_more_or_no_such_number_is_none),
		cmocka_unit_test(test_what_stands_behind_it_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
