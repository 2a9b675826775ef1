// SPDX-License-Identifier: GPL-2.0-or-later
/* forward: where the FIB leads packets, and what is written into them. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "objects/stats.h"
#include "tests/packet/checksum.h"
#include "tests/packet/forward_world.h"
#include "tests/packet/world.h"

#define FUZZ_ROUNDS 120000

static void test_each_packet_goes_where_the_kernel_would_send_it(void **state)
{
	struct twins t;
	struct frame f;

	(void)state;
	forward_world_open(&t);
	for (size_t i = 0; i < forward_rows_len; i++) {
		forward_packet(&f, &forward_rows[i]);
		forward_expect(&t, &f, forward_rows[i].reason, forward_rows[i].hop,
		               forward_rows[i].name);
	}
	twins_close(&t);
}

static void expect_other(const struct twins *t, struct frame *f, enum forward_reason reason,
                         const char *name)
{
	frame_finish(f);
	forward_expect(t, f, reason, HOP_A, name);
}

/* Every carry that there can be: the identification goes through all sums. */
static void test_the_checksum_is_right_for_every_sum(void **state)
{
	struct frame f, out, wanted;
	struct headers h;
	struct twins t;

	(void)state;
	forward_world_open(&t);
	forward_packet(&f, &forward_rows[0]);
	headers_find(&h, f.bytes, f.len);
	for (__u32 id = 0; id <= 0xffff; id++) {
		h.ip4->id = htons((__u16)id);
		checksums_fix(f.bytes, f.len);
		wanted = f;
		forward_by_hand(&wanted, HOP_A);
		/* The program that is quicker to run for all, the other where it carries. */
		assert_int_equal(twins_run_tc(&t, &f, &out), TC_ACT_REDIRECT);
		assert_memory_equal(out.bytes, wanted.bytes, wanted.len);
		if (!t.xdp || ntohs(h.ip4->check) < 0xfe00)
			continue;
		assert_int_equal(twins_run_xdp(&t, &f, &out), XDP_REDIRECT);
		assert_memory_equal(out.bytes, wanted.bytes, wanted.len);
	}
	twins_close(&t);
}

static void expect_wrong(const struct twins *t, const struct frame *f)
{
	__u64 before = forward_world_counted(t, FORWARD_MALFORMED);
	struct frame out;

	assert_int_equal(twins_run(t, f, &out), VERDICT_PASS);
	assert_int_equal(out.len, f->len);
	assert_memory_equal(out.bytes, f->bytes, f->len);
	assert_int_equal(forward_world_counted(t, FORWARD_MALFORMED) - before, 3);
}

/* As the stack judges: every value but the right one, 0 and 0xffff being the same. */
static void test_a_wrong_checksum_of_the_ip_header_passes(void **state)
{
	struct frame f, out;
	struct headers h;
	struct twins t;
	__u16 right;

	(void)state;
	forward_world_open(&t);
	forward_packet(&f, &forward_rows[0]);
	headers_find(&h, f.bytes, f.len);
	right = h.ip4->check;
	for (__u32 check = 0; check <= 0xffff; check++) {
		h.ip4->check = (__u16)check;
		if (check == right)
			continue;
		assert_int_equal(twins_run_tc(&t, &f, &out), TC_ACT_UNSPEC);
		assert_memory_equal(out.bytes, f.bytes, f.len);
		if (check % 64 && (check ^ right) & ((check ^ right) - 1))
			continue;
		expect_wrong(&t, &f);
	}
	/* Any bit of the rest, but those that are looked at before. */
	h.ip4->check = right;
	for (size_t bit = 32; bit < 8 * sizeof(*h.ip4); bit++) {
		__u8 *byte = (__u8 *)h.ip4 + bit / 8;

		*byte ^= 1 << bit % 8;
		if (h.ip4->ttl > 1)
			expect_wrong(&t, &f);
		*byte ^= 1 << bit % 8;
	}
	forward_expect(&t, &f, FORWARD_LOOKED_UP, HOP_A, "the right one");
	twins_close(&t);
}

static void test_what_the_stack_has_to_see_passes(void **state)
{
	struct twins t;
	struct frame f;

	(void)state;
	forward_world_open(&t);
	frame_ethernet(&f, CLIENT_MAC, IN_MAC);
	frame_payload(&f, 50);
	expect_other(&t, &f, FORWARD_NOT_IP, "not IP");
	frame_ethernet(&f, CLIENT_MAC, IN_MAC);
	frame_vlan(&f, 0x8100, 7);
	frame_ip4(&f, "10.0.0.2", "10.9.0.1");
	frame_udp(&f, 1, 2);
	expect_other(&t, &f, FORWARD_VLAN, "a tag");
	frame_ethernet(&f, CLIENT_MAC, IN_MAC);
	frame_ip4_options(&f, "10.0.0.2", "10.9.0.1", 8);
	frame_udp(&f, 1, 2);
	expect_other(&t, &f, FORWARD_OPTIONS, "IPv4 options");
	frame_ethernet(&f, CLIENT_MAC, IN_MAC);
	frame_ip6(&f, "2001:db8::2", "2001:db8:9::1");
	frame_extension(&f, 0, 8);
	frame_udp(&f, 1, 2);
	expect_other(&t, &f, FORWARD_OPTIONS, "hop-by-hop options");
	frame_ethernet(&f, CLIENT_MAC, "ff:ff:ff:ff:ff:ff");
	frame_ip4(&f, "10.0.0.2", "10.9.0.1");
	frame_udp(&f, 1, 2);
	expect_other(&t, &f, FORWARD_OTHER_HOST, "a broadcast frame");
	twins_close(&t);
}

static void test_fragments_go_without_ports(void **state)
{
	struct iphdr *ip;
	struct twins t;
	struct frame f;
	__be32 *more;

	(void)state;
	forward_world_open(&t);
	for (int offset = 0; offset < 2; offset++) {
		/* To the port of the policy, which a fragment does not have. */
		frame_ethernet(&f, CLIENT_MAC, IN_MAC);
		ip = frame_ip4(&f, "10.0.0.2", "10.9.0.1");
		ip->frag_off = htons(offset ? 5 : 0x2000);
		frame_tcp(&f, 1000, 7777);
		frame_finish(&f);
		forward_expect(&t, &f, FORWARD_LOOKED_UP, HOP_A, "fragment");
		frame_ethernet(&f, CLIENT_MAC, IN_MAC);
		frame_ip6(&f, "2001:db8::2", "2001:db8:9::1");
		more = frame_extension(&f, 44, 8);
		*(__be16 *)((char *)more + 2) = htons(offset ? 40 : 1);
		frame_tcp(&f, 1000, 7777);
		frame_finish(&f);
		forward_expect(&t, &f, FORWARD_LOOKED_UP, HOP_A, "fragment 6");
	}
	twins_close(&t);
}

/* What lies behind the packet would count for the MTU of the way out, and for that of nobody else.
 */
static void test_frames_are_cut_to_their_packet(void **state)
{
	static const size_t padding[] = { 1, 2, 19, 20, 21, 100, 1000 };
	struct forward_row row = forward_rows[0];
	struct frame f;
	struct twins t;

	(void)state;
	forward_world_open(&t);
	for (size_t i = 0; i < sizeof(padding) / sizeof(padding[0]); i++) {
		for (int v6 = 0; v6 < 2; v6++) {
			row.from = v6 ? "2001:db8::2" : forward_rows[0].from;
			row.to = v6 ? "2001:db8:9::1" : forward_rows[0].to;
			forward_packet(&f, &row);
			frame_payload(&f, padding[i]);
			forward_expect(&t, &f, FORWARD_LOOKED_UP, HOP_A, "a padded frame");
		}
	}
	twins_close(&t);
}

static void test_on_egress_nothing_is_forwarded(void **state)
{
	struct frame f, out;
	struct twins t;

	(void)state;
	forward_world_open(&t);
	if (!t.tc_from) {
		twins_close(&t);
		skip();
	}
	forward_packet(&f, &forward_rows[0]);
	assert_int_equal(twins_run_tc(&t, &f, &out), TC_ACT_REDIRECT);
	t.tc_from = 0;
	assert_int_equal(twins_run_tc(&t, &f, &out), TC_ACT_UNSPEC);
	assert_int_equal(out.len, f.len);
	assert_memory_equal(out.bytes, f.bytes, f.len);
	twins_close(&t);
}

static void test_truncated_packets_pass_at_every_length(void **state)
{
	struct frame f, out;
	struct twins t;

	(void)state;
	forward_world_open(&t);
	for (int i = 0; i < 2; i++) {
		forward_packet(&f, &forward_both[i]);
		for (f.len--; f.len >= ETH_HLEN; f.len--) {
			assert_int_equal(twins_run(&t, &f, &out), VERDICT_PASS);
			assert_int_equal(out.len, f.len);
			assert_memory_equal(out.bytes, f.bytes, f.len);
		}
	}
	assert_int_equal(forward_world_counted(&t, FORWARD_LOOKED_UP), 0);
	twins_close(&t);
}

static void test_an_interface_that_must_not_forward_does_not(void **state)
{
	struct twins t;
	struct frame f;

	(void)state;
	forward_world_open(&t);
	world_do("echo 0 >/proc/sys/net/ipv4/conf/in0/forwarding");
	forward_packet(&f, &forward_rows[0]);
	forward_expect(&t, &f, FORWARD_DISABLED, NULL, "IPv4 off");
	world_do("echo 1 >/proc/sys/net/ipv4/conf/in0/forwarding");
	forward_expect(&t, &f, FORWARD_LOOKED_UP, HOP_A, "IPv4 on");
	twins_close(&t);
}

static void test_what_would_leave_by_an_excluded_interface_passes(void **state)
{
	struct forward_settings setup = { .excludes = 1 };
	__u32 out, one = 1;
	struct twins t;
	struct frame f;

	(void)state;
	forward_world_open(&t);
	forward_world_set(&t, &setup);
	forward_packet(&f, &forward_rows[0]);
	forward_expect(&t, &f, FORWARD_LOOKED_UP, HOP_A, "none is");
	out = world_ifindex("out0");
	assert_int_equal(
		bpf_map_update_elem(twins_map(&t, FORWARD_EXCLUDE_MAP), &out, &one, BPF_ANY), 0);
	forward_expect(&t, &f, FORWARD_EXCLUDED, NULL, "excluded");
	twins_close(&t);
}

/* tc: a packet that is cut on the way out is compared part by part. */
static void test_gso_packets_go_if_their_parts_fit(void **state)
{
	struct forward_row row = { .name = "",
		                   .from = "10.0.0.2",
		                   .to = "10.9.0.1",
		                   .reason = FORWARD_LOOKED_UP,
		                   .hop = HOP_A,
		                   .length = 3000 };
	struct frame f, out;
	struct twins t;

	(void)state;
	forward_world_open(&t);
	for (int i = 0; i < 2; i++) {
		forward_packet(&f, &row);
		assert_int_equal(twins_run_gso(&t, &f, &out, 1500 - (i ? 60 : 40)),
		                 TC_ACT_REDIRECT);
		assert_int_equal(twins_run_gso(&t, &f, &out, 1501 - (i ? 60 : 40)), TC_ACT_UNSPEC);
		assert_int_equal(twins_run_gso(&t, &f, &out, 0), TC_ACT_UNSPEC);
		row.from = "2001:db8::2";
		row.to = "2001:db8:9::1";
	}
	twins_close(&t);
}

/* What is sent has one hop less, right addresses and checksums as right as before; the rest is as
 * it was. */
static void judge(const struct frame *f, const struct frame *out, enum verdict verdict)
{
	struct frame wanted = *f;
	struct headers h;

	if (verdict == VERDICT_SEND) {
		headers_find(&h, wanted.bytes, wanted.len);
		assert_true(h.ip4 || h.ip6);
		assert_int_equal(out->bytes[0], 2);
		memcpy(wanted.bytes, out->bytes, 2 * ETH_ALEN);
		if (h.ip4) {
			const char *wrong = checksums_check(wanted.bytes, wanted.len);

			assert_true(!wrong || !strstr(wrong, "IPv4"));
			assert_true(h.ip4->ttl > 1);
			/* The difference of the checksums is that of the TTL. */
			h.ip4->ttl--;
			__u32 check = ntohs(h.ip4->check) + 0x100;

			h.ip4->check = htons((__u16)(check + (check >= 0xffff)));
		} else {
			assert_true(h.ip6->hop_limit > 1);
			h.ip6->hop_limit--;
		}
		forward_trim(&wanted);
	}
	assert_int_equal(out->len, wanted.len);
	assert_memory_equal(out->bytes, wanted.bytes, wanted.len);
}

static void test_mutated_packets_never_surprise(void **state)
{
	struct forward_settings setup = { .cache_jiffies = 50 };
	const int frames = twins_frames(FUZZ_ROUNDS);
	struct frame f, out;
	int sent = 0;
	struct twins t;

	(void)state;
	world_seed(4042);
	forward_world_open(&t);
	for (int round = 0; round < frames; round++) {
		if (round == frames / 2)
			forward_world_set(&t, &setup);
		forward_packet(&f, &forward_rows[world_random() % forward_rows_len]);
		for (__u32 n = world_random() % 4; n; n--)
			f.bytes[12 + world_random() % (f.len < 90 ? f.len - 12 : 78)] =
				(__u8)world_random();
		if (world_random() % 8 == 0)
			f.len = ETH_HLEN + world_random() % (f.len - ETH_HLEN + 1);
		enum verdict verdict = twins_run(&t, &f, &out);

		judge(&f, &out, verdict);
		sent += verdict == VERDICT_SEND;
	}
	assert_true(sent > frames / 20);
	twins_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_packet_goes_where_the_kernel_would_send_it),
		cmocka_unit_test(test_the_checksum_is_right_for_every_sum),
		cmocka_unit_test(test_a_wrong_checksum_of_the_ip_header_passes),
		cmocka_unit_test(test_what_the_stack_has_to_see_passes),
		cmocka_unit_test(test_fragments_go_without_ports),
		cmocka_unit_test(test_frames_are_cut_to_their_packet),
		cmocka_unit_test(test_on_egress_nothing_is_forwarded),
		cmocka_unit_test(test_truncated_packets_pass_at_every_length),
		cmocka_unit_test(test_an_interface_that_must_not_forward_does_not),
		cmocka_unit_test(test_what_would_leave_by_an_excluded_interface_passes),
		cmocka_unit_test(test_gso_packets_go_if_their_parts_fit),
		cmocka_unit_test(test_mutated_packets_never_surprise),
	};

	return cmocka_run_group_tests(tests, forward_world_make, NULL);
}
