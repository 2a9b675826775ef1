// SPDX-License-Identifier: GPL-2.0-or-later
/* The programs that only count, on packets of every length. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "objects/stats.h"
#include "tests/packet/checksum.h"
#include "tests/packet/twins.h"

#define PACKETS offsetof(struct stats_record, rx_packets)
#define BYTES   offsetof(struct stats_record, rx_bytes)

static void make_frame(struct frame *f)
{
	frame_ethernet(f, "02:00:00:00:00:01", "02:00:00:00:00:02");
	frame_ip4(f, "192.0.2.1", "192.0.2.2");
	frame_udp(f, 1, 2);
	frame_payload(f, 33);
	frame_finish(f);
}

static void test_a_frame_made_by_hand_has_right_checksums(void **state)
{
	struct frame f;

	(void)state;
	make_frame(&f);
	assert_null(checksums_check(f.bytes, f.len));
	for (size_t i = 14; i < f.len; i++) {
		f.bytes[i] ^= 0x10;
		/* The length of UDP and the type of service are covered as well. */
		assert_non_null(checksums_check(f.bytes, f.len));
		f.bytes[i] ^= 0x10;
	}
}

static void count_all(const char *name, enum verdict wanted, __u32 xdp_action, __u32 tc_action)
{
	__u64 bytes = 0, frames = 0, tc_bytes = 0, tc_frames = 0;
	struct twins t;
	struct frame f, out;

	twins_open(&t, name);
	make_frame(&f);
	for (size_t len = f.len; len >= 14; len--, frames++) {
		f.len = len;
		bytes += len;
		if (twins_tc_takes(&f)) {
			tc_bytes += len;
			tc_frames++;
		}
		assert_int_equal(twins_run(&t, &f, &out), wanted);
		assert_int_equal(out.len, len);
		assert_memory_equal(out.bytes, f.bytes, len);
	}
	assert_int_equal(map_sum(twins_map(&t, XDP_STATS_MAP), xdp_action, PACKETS), frames);
	assert_int_equal(map_sum(twins_map(&t, XDP_STATS_MAP), xdp_action, BYTES), bytes);
	if (t.tc) {
		int map = twins_map(&t, TC_STATS_MAP);

		assert_int_equal(map_sum(map, tc_action, PACKETS), tc_frames);
		assert_int_equal(map_sum(map, tc_action, BYTES), tc_bytes);
	}
	twins_close(&t);
}

static void test_pass_lets_each_length_pass_and_counts_it(void **state)
{
	(void)state;
	count_all("pass", VERDICT_PASS, XDP_PASS, TC_ACT_OK);
}

static void test_drop_drops_each_length_and_counts_it(void **state)
{
	(void)state;
	count_all("drop", VERDICT_DROP, XDP_DROP, TC_ACT_SHOT);
}

static void test_stub_lets_each_length_pass_and_counts_it(void **state)
{
	(void)state;
	count_all("stub", VERDICT_PASS, XDP_PASS, TC_ACT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_frame_made_by_hand_has_right_checksums),
		cmocka_unit_test(test_pass_lets_each_length_pass_and_counts_it),
		cmocka_unit_test(test_stub_lets_each_length_pass_and_counts_it),
		cmocka_unit_test(test_drop_drops_each_length_and_counts_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
