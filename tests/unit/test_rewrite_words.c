// SPDX-License-Identifier: GPL-2.0-or-later
/* rewrite's rules as they are typed: which words make one, and which none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "bpffs/log.h"
#include "tests/rule_words.h"

static void test_words_that_make_no_rule(void **state)
{
	static const char *const bad[] = {
		"dst 192.0.2.2",
		"dst 192.0.2.300 pop",
		"dst 192.0.2.1/24 pop",
		"dst 192.0.2.0/33 pop",
		"dst 192.0.2.0/0 pop",
		"dst 10.0.0.0/+8 pop",
		"dst 10.0.0.0/ 8 pop",
		"dst 10.0.0.0/-18446744073709551608 pop",
		"dst 10.0.0.0/ pop",
		"src ::ffff:10.0.0.1 pop",
		"set dst ::ffff:10.0.0.1",
		"src 0.0.0.0/0 src 10.0.0.1 pop",
		"src 0.0.0.0/0 dst ::/0 pop",
		"any tcp pop",
		"tcp any pop",
		"push 5 prio 3 prio 3",
		"push 5 802.1ad prio 3 802.1ad",
		"vlan none pop",
		"vlan none set vlan 5",
		"icmp6 src 192.0.2.1 set dst 10.0.0.1",
		"icmp set dst fd00::1",
		"set smac 03:00:00:00:00:01",
		"set smac 02:00:00:00:00:001",
		"set smac 02:00:00:00:00:01:02",
		"set dmac 02:00:00:00:00:01/8",
		"set dmac 02:0x:00:00:00:01",
		"dst 2001:db8::1/32 pop",
		"vlan 4095 pop",
		"vlan -1 pop",
		"vlan pop",
		"pop push 5",
		"pop set vlan 5",
		"push 5 prio 8",
		"dport 80 set dport 81",
		"icmp set dport 81",
		"tcp dport 65536 pop",
		"dst 192.0.2.1 set src 2001:db8::1",
		"src 192.0.2.1 dst 2001:db8::1 pop",
		"tcp set",
		"tcp set dport",
		"tcp set smac 02:00",
		"tcp drop",
		"proto 256 pop",
		"",
	};
	struct rule rule;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (try_rule(bad[i], &rule) != -EINVAL)
			fail_msg("taken for a rule: %s", bad[i]);
}

static void test_words_that_make_the_same_rule(void **state)
{
	static const char *const pairs[][2] = {
		{ "push 5 prio 3 802.1ad", "push 5 802.1ad prio 3" },
		{ "any pop", "pop" },
		{ "set dst 10.0.0.1", "src 0.0.0.0/0 set dst 10.0.0.1" },
		{ "set dst fd00::1", "dst ::/0 set dst fd00::1" },
		{ "src 0.0.0.0/0 pop", "dst 0.0.0.0/0 pop" },
	};
	struct rule one, other;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		assert_int_equal(try_rule(pairs[i][0], &one), 0);
		assert_int_equal(try_rule(pairs[i][1], &other), 0);
		assert_memory_equal(&one, &other, sizeof(one));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_that_make_no_rule),
		cmocka_unit_test(test_words_that_make_the_same_rule),
	};

	log_init("test_rewrite_words", false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
