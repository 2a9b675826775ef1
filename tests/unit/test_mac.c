// SPDX-License-Identifier: GPL-2.0-or-later
/* Ethernet addresses as users type them, as bpffs/mac.h promises them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "bpffs/mac.h"

static void test_six_groups_of_one_or_two_digits_are_an_address(void **state)
{
	static const struct {
		const char *text;
		__u8 mac[ETH_ALEN];
	} good[] = {
		{ "02:00:00:00:00:01", { 2, 0, 0, 0, 0, 1 } },
		{ "2:0:0:0:0:1", { 2, 0, 0, 0, 0, 1 } },
		{ "0a:BC:d:Ef:90:f", { 0x0a, 0xbc, 0x0d, 0xef, 0x90, 0x0f } },
		{ "ff:ff:ff:ff:ff:ff", { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
	};
	__u8 mac[ETH_ALEN];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!mac_parse(good[i].text, strlen(good[i].text), mac))
			fail_msg("'%s' is taken for none", good[i].text);
		assert_memory_equal(mac, good[i].mac, ETH_ALEN);
	}
}

static void test_all_else_is_none(void **state)
{
	static const char *const bad[] = {
		"",
		":",
		"02",
		"02:00:00:00:00",
		"02:00:00:00:00:",
		"02:00:00:00::01",
		":02:00:00:00:00:01",
		"02:00:00:00:00:001",
		"02:00:00:00:00:123",
		"002:00:00:00:00:01",
		"02:00:00:00:00:01:",
		"02:00:00:00:00:01:02",
		"02:00:00:00:00:01 ",
		" 02:00:00:00:00:01",
		"02: 0:00:00:00:01",
		"02:00:00:00:00:01x",
		"02:00:00:00:00:01/8",
		"02:00:00:00:00:0g",
		"02:-1:00:00:00:01",
		"02:+1:00:00:00:01",
		"02:0x:00:00:00:01",
		"02-00-00-00-00-01",
		"020000000001",
	};
	static const __u8 before[ETH_ALEN] = { 1, 2, 3, 4, 5, 6 };
	__u8 mac[ETH_ALEN];

	(void)state;
	memcpy(mac, before, sizeof(mac));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (mac_parse(bad[i], strlen(bad[i]), mac))
			fail_msg("'%s' is taken for an address", bad[i]);
	assert_memory_equal(mac, before, sizeof(mac));
}

static void test_what_stands_behind_its_length_is_not_read(void **state)
{
	static const char text[] = "02:00:00:00:00:12";
	__u8 mac[ETH_ALEN];

	(void)state;
	assert_true(mac_parse(text, strlen(text) - 1, mac));
	assert_int_equal(mac[5], 1);
	assert_false(mac_parse(text, strlen(text) - 2, mac));
	assert_false(mac_parse(text, sizeof(text), mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_six_groups_of_one_or_two_digits_are_an_address),
		cmocka_unit_test(test_all_else_is_none),
		cmocka_unit_test(test_what_stands_behind_its_length_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
