// SPDX-License-Identifier: GPL-2.0-or-later
/* forward's cache: it answers as the FIB does, and never longer than was set. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <netinet/ether.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "tests/packet/forward_world.h"
#include "tests/packet/world.h"

/* Twice the whole table: whatever was cached before, each packet goes as without a cache. */
static void test_the_cache_answers_as_the_fib_does(void **state)
{
	struct forward_settings setup = { .cache_jiffies = 1U << 30 };
	struct frame f, out;
	struct twins t;

	(void)state;
	forward_world_open(&t);
	forward_world_set(&t, &setup);
	for (size_t i = 0; i < forward_rows_len; i++) {
		forward_packet(&f, &forward_rows[i]);
		twins_run(&t, &f, &out);
	}
	for (size_t i = 0; i < forward_rows_len; i++) {
		bool sent = forward_rows[i].reason == FORWARD_LOOKED_UP;

		forward_packet(&f, &forward_rows[i]);
		forward_expect(&t, &f, sent ? FORWARD_CACHED : forward_rows[i].reason,
		               forward_rows[i].hop, forward_rows[i].name);
	}
	twins_close(&t);
}

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (__u64)ts.tv_sec * 1000000000 + (__u64)ts.tv_nsec;
}

static const char *hop_of(const struct twins *t, const struct forward_row *row)
{
	struct ether_addr a;
	struct frame f, out;

	forward_packet(&f, row);
	if (t->xdp)
		assert_int_equal(twins_run_xdp(t, &f, &out), XDP_REDIRECT);
	else
		assert_int_equal(twins_run_tc(t, &f, &out), TC_ACT_REDIRECT);
	assert_non_null(ether_aton_r(HOP_A, &a));
	return memcmp(out.bytes, &a, sizeof(a)) ? HOP_B : HOP_A;
}

static void change_route(const char *to4, const char *to6)
{
	world_do("ip route replace 10.9.0.0/16 via %s && "
	         "ip -6 route replace 2001:db8:9::/48 via %s",
	         to4, to6);
}

/* After the time that was set, no packet goes by the old route. */
static void test_the_cache_is_never_older_than_was_set(void **state)
{
	struct forward_settings setup = { .cache_jiffies = 1U << 30 };
	__u64 changed, bound, start;
	struct timespec tick;
	struct twins t;

	(void)state;
	forward_world_open(&t);
	assert_int_equal(clock_getres(CLOCK_MONOTONIC_COARSE, &tick), 0);
	for (int i = 0; i < 2; i++) {
		/* With a cache that never ends, the old route stays until all is forgotten. */
		setup.cache_jiffies = 1U << 30;
		forward_world_set(&t, &setup);
		assert_string_equal(hop_of(&t, &forward_both[i]), HOP_A);
		change_route("10.0.1.3", "2001:db8:0:1::3");
		assert_string_equal(hop_of(&t, &forward_both[i]), HOP_A);
		setup.generation++;
		forward_world_set(&t, &setup);
		assert_string_equal(hop_of(&t, &forward_both[i]), HOP_B);
		/* With a bound of 20 ticks, until then. */
		setup.cache_jiffies = 20;
		setup.generation++;
		forward_world_set(&t, &setup);
		bound = 20 * (__u64)tick.tv_nsec;
		assert_string_equal(hop_of(&t, &forward_both[i]), HOP_B);
		change_route("10.0.1.2", "2001:db8:0:1::2");
		changed = now_ns();
		do {
			start = now_ns();
			if (!strcmp(hop_of(&t, &forward_both[i]), HOP_A))
				break;
			/* It was asked at least once in each of these; none may be older. */
			assert_true(start - changed <= bound);
		} while (true);
	}
	twins_close(&t);
}

static void test_no_cache_follows_at_once(void **state)
{
	struct twins t;

	(void)state;
	forward_world_open(&t);
	assert_string_equal(hop_of(&t, &forward_rows[0]), HOP_A);
	change_route("10.0.1.3", "2001:db8:0:1::3");
	assert_string_equal(hop_of(&t, &forward_rows[0]), HOP_B);
	change_route("10.0.1.2", "2001:db8:0:1::2");
	assert_string_equal(hop_of(&t, &forward_rows[0]), HOP_A);
	twins_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_cache_answers_as_the_fib_does),
		cmocka_unit_test(test_the_cache_is_never_older_than_was_set),
		cmocka_unit_test(test_no_cache_follows_at_once),
	};

	return cmocka_run_group_tests(tests, forward_world_make, NULL);
}
