// SPDX-License-Identifier: GPL-2.0-or-later
/* rewrite: rules in words, packet in, packet out byte for byte, with sums computed anew. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/packet/checksum.h"
#include "tests/packet/mutate.h"
#include "tests/packet/rewrite_world.h"

static void test_without_rules_nothing_changes(void **state)
{
	(void)state;
	expect_flow(&flow4, &flow4);
	expect_flow(&flow6, &flow6);
}

static void test_addresses_and_ports_of_each_protocol(void **state)
{
	static const __u8 protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6 };
	struct flow in, out;

	(void)state;
	add("dst 192.0.2.2 tcp dport 80 set src 10.1.2.3 dst 10.9.8.7 sport 5 dport 8080");
	add("dst 192.0.2.2 udp dport 80 set src 10.1.2.3 dst 10.9.8.7 sport 5 dport 8080");
	add("dst 192.0.2.2 icmp set src 10.1.2.3 dst 10.9.8.7");
	add("dst 2001:db8::2 tcp dport 80 set src fd00::1:2 dst fd00:1::9 sport 5 dport 8080");
	add("dst 2001:db8::2 udp dport 80 set src fd00::1:2 dst fd00:1::9 sport 5 dport 8080");
	add("dst 2001:db8::2 icmp6 set src fd00::1:2 dst fd00:1::9");
	for (int tags = 0; tags < 3; tags++) {
		for (size_t i = 0; i < sizeof(protocols); i++) {
			for (int six = 0; six < 2; six++) {
				if (protocols[i] == (six ? IPPROTO_ICMP : IPPROTO_ICMPV6))
					continue;
				in = six ? flow6 : flow4;
				in.protocol = protocols[i];
				in.outer = tags ? 0x6005 : NONE;
				in.inner = tags > 1 ? 7 : NONE;
				out = in;
				out.src = six ? "fd00::1:2" : "10.1.2.3";
				out.dst = six ? "fd00:1::9" : "10.9.8.7";
				out.sport = 5;
				out.dport = 8080;
				expect_flow(&in, &out);
				in.dst = out.dst = six ? "2001:db8::3" : "192.0.2.3";
				expect_flow(&in, &in);
			}
		}
	}
}

static void test_each_action_alone(void **state)
{
	static const char *const dst = "dst 192.0.2.2 tcp ";
	static const char *const actions[] = {
		"set src 10.0.0.1", "set dst 10.0.0.1",           "set sport 9",
		"set dport 9",      "set smac 02:00:00:00:00:09", "set dmac 02:00:00:00:00:09"
	};
	char text[128];

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct flow out = flow4;

		no_rules(NULL);
		snprintf(text, sizeof(text), "%s%s", dst, actions[i]);
		add(text);
		if (i < 2)
			*(i ? &out.dst : &out.src) = "10.0.0.1";
		else if (i < 4)
			*(i == 2 ? &out.sport : &out.dport) = 9;
		else
			*(i == 4 ? &out.smac : &out.dmac) = "02:00:00:00:00:09";
		expect_flow(&flow4, &out);
	}
}

static void test_tags_are_pushed_popped_and_set(void **state)
{
	struct flow in = flow4, out = flow4;
	struct frame f, wanted;

	(void)state;
	add("vlan none push 10 prio 3");
	add("vlan 20 pop");
	add("vlan 30 set vlan 31");
	add("vlan 40 push 41 802.1ad");
	out.outer = 0x600a;
	expect_flow(&in, &out);

	in.outer = 0x4000 | 20; /* its priority is no matter */
	out.outer = NONE;
	expect_flow(&in, &out);
	in.inner = out.outer = 0x2007; /* the inner becomes the outer */
	expect_flow(&in, &out);

	in.outer = 0xb000 | 30; /* priority and DEI stay */
	out.outer = 0xb000 | 31;
	in.inner = out.inner = NONE;
	expect_flow(&in, &out);
	in.inner = out.inner = 30;
	expect_flow(&in, &out);
	make(&f, &in, ETH_P_8021AD);
	make(&wanted, &out, ETH_P_8021AD);
	expect_out(&f, &wanted);

	in.outer = out.inner = 40;
	in.inner = NONE;
	out.outer = 41;
	make(&f, &in, ETH_P_8021Q);
	make(&wanted, &out, ETH_P_8021AD);
	expect_out(&f, &wanted);
}

/* All at once, and of frames that are not IP as well. */
static void test_a_tag_goes_with_other_changes(void **state)
{
	struct flow in = flow4, out = flow4;
	struct frame f, wanted;

	(void)state;
	add("vlan none dst 192.0.2.2 push 10 set dst 10.0.0.1 dmac " MAC1);
	add("vlan 5 src 2001:db8::/32 pop set src fd00::1");
	add("vlan none push 77");
	out.outer = 10;
	out.dst = "10.0.0.1";
	out.dmac = MAC1;
	expect_flow(&in, &out);

	in = out = flow6;
	in.outer = 5;
	out.src = "fd00::1";
	expect_flow(&in, &out);

	frame_ethernet(&f, MAC1, MAC2);
	frame_payload(&f, 46);
	frame_ethernet(&wanted, MAC1, MAC2);
	frame_vlan(&wanted, ETH_P_8021Q, 77);
	frame_payload(&wanted, 46);
	expect_out(&f, &wanted);
}

static void test_the_rule_that_says_most_is_taken(void **state)
{
	struct flow in = flow4, out = flow4;

	(void)state;
	add("set dst 10.0.0.1"); /* IPv4 */
	add("dst 192.0.2.0/24 set dst 10.0.0.2");
	add("dst 192.0.2.2 set dst 10.0.0.3");
	add("dst 192.0.2.2 tcp set dst 10.0.0.4");
	add("dst 192.0.2.2 tcp dport 81 set dst 10.0.0.5");
	add("in dst 192.0.2.2 tcp dport 81 set dst 10.0.0.6");
	out.dst = "10.0.0.4";
	expect_flow(&in, &out);
	in.dport = out.dport = 81;
	out.dst = "10.0.0.6";
	expect_flow(&in, &out);
	in.protocol = out.protocol = IPPROTO_UDP;
	out.dst = "10.0.0.3";
	expect_flow(&in, &out);
	in.dst = "192.0.2.3";
	out.dst = "10.0.0.2";
	expect_flow(&in, &out);
	in.dst = "192.0.3.3";
	out.dst = "10.0.0.1";
	expect_flow(&in, &out);
	expect_flow(&flow6, &flow6);
}

static void test_directions_are_told_apart(void **state)
{
	struct flow in = flow4, out = flow4, sent = flow4;
	struct frame f, got, wanted;

	(void)state;
	if (!twins.tc)
		skip();
	add("in tcp set sport 1");
	add("out tcp set sport 2");
	out.sport = 1;
	sent.sport = 2;
	expect_flow(&in, &out);
	make(&f, &in, 0);
	make(&wanted, &sent, 0);
	twins.tc_from = 0;
	assert_int_equal(twins_run_tc(&twins, &f, &got), TC_ACT_UNSPEC);
	assert_memory_equal(got.bytes, wanted.bytes, wanted.len);
}

/* tc_rewrite.o itself, where no tag hides what it did. */
static void test_the_tc_object_does_what_its_parts_do(void **state)
{
	struct flow out = flow6;
	struct frame f, got, wanted;
	int shown_fd = twins.tc_fd;

	(void)state;
	if (!twins.tc)
		skip();
	add("dst 2001:db8::2 tcp set dst fd00::1 dport 1");
	out.dst = "fd00::1";
	out.dport = 1;
	make(&f, &flow6, 0);
	make(&wanted, &out, 0);
	map_clear(twins_map(&twins, XDP_STATS_MAP));
	map_clear(twins_map(&twins, TC_STATS_MAP));
	twins.tc_fd = tc_fd;
	assert_int_equal(twins_run(&twins, &f, &got), VERDICT_PASS);
	twins.tc_fd = shown_fd;
	assert_memory_equal(got.bytes, wanted.bytes, wanted.len);
	assert_int_equal(map_sum(rules.hits_fd, rules.list[0].actions.slot, 0), 3);
	assert_int_equal(map_sum(rules.hits_fd, rules.list[0].actions.slot, 8), 3 * f.len);
	assert_int_equal(map_sum(twins_map(&twins, XDP_STATS_MAP), XDP_PASS, 0), 1);
	assert_int_equal(map_sum(twins_map(&twins, TC_STATS_MAP), TC_STATS_UNSPEC, 0), 1);
}

/* Every sum that there can be, and what UDP makes of 0. */
static void test_checksums_of_each_value(void **state)
{
	struct flow in = flow4, out = flow4;
	struct frame f, wanted;
	int zeros = 0;

	(void)state;
	add("dst 192.0.2.2 udp set dst 10.1.1.1 dport 7");
	add("dst 2001:db8::2 udp set dst fd00::1 dport 7");
	for (int six = 0; six < 2; six++) {
		in = out = six ? flow6 : flow4;
		in.protocol = out.protocol = IPPROTO_UDP;
		out.dst = six ? "fd00::1" : "10.1.1.1";
		out.dport = 7;
		make(&f, &in, 0);
		make(&wanted, &out, 0);
		for (__u32 word = 0; word <= 0xffff; word++) {
			struct headers h;

			for (struct frame *each = &f; each; each = each == &f ? &wanted : NULL) {
				each->bytes[each->len - 3] = word >> 8;
				each->bytes[each->len - 2] = word;
				checksums_fix(each->bytes, each->len);
			}
			headers_find(&h, wanted.bytes, wanted.len);
			if (h.udp->check != 0xffff && word % 16)
				continue;
			zeros += h.udp->check == 0xffff;
			expect_out(&f, &wanted);
		}
	}
	assert_int_equal(zeros, 2);
}

static void test_udp_without_a_checksum_stays_so(void **state)
{
	struct flow in = flow4, out = flow4;
	struct frame f, wanted;
	struct headers h;

	(void)state;
	add("dst 192.0.2.2 udp set dst 10.1.1.1 dport 7");
	in.protocol = out.protocol = IPPROTO_UDP;
	out.dst = "10.1.1.1";
	out.dport = 7;
	make(&f, &in, 0);
	make(&wanted, &out, 0);
	headers_find(&h, f.bytes, f.len);
	h.udp->check = 0;
	headers_find(&h, wanted.bytes, wanted.len);
	h.udp->check = 0;
	expect_out(&f, &wanted);
}

static void test_hits_are_counted_per_rule_and_begin_at_0(void **state)
{
	struct flow other = flow4;
	struct frame f;
	__u16 slot;

	(void)state;
	add("dst 192.0.2.2 tcp set dport 1");
	add("dst 192.0.2.3 tcp set dport 1");
	make(&f, &flow4, 0);
	twins_run(&twins, &f, NULL);
	other.dst = "192.0.2.3";
	make(&f, &other, 0);
	twins_run(&twins, &f, NULL);
	twins_run(&twins, &f, NULL);
	for (size_t i = 0; i < rules.len; i++) {
		slot = rules.list[i].actions.slot;
		assert_int_equal(map_sum(rules.hits_fd, slot, 0),
		                 rules.list[i].match.daddr[3] == 2 ? 3 : 6);
	}
	no_rules(NULL);
	add("dst 192.0.2.2 tcp set dport 1");
	assert_int_equal(map_sum(rules.hits_fd, rules.list[0].actions.slot, 0), 0);
}

static void test_rules_up_to_the_limits(void **state)
{
	struct rule rule;
	char text[128];
	struct flow out = flow4;

	(void)state;
	rules.list = reallocarray(rules.list, REWRITE_RULES, sizeof(*rules.list));
	assert_non_null(rules.list);
	for (int i = 0; i < REWRITE_RULES; i++) {
		snprintf(text, sizeof(text), "dst 10.0.%d.%d tcp set dport 9", i / 256, i % 256);
		assert_int_equal(try_rule(text, &rule), 0);
		rule.actions.slot = i;
		assert_int_equal(bpf_map_update_elem(rules.rules_fd, &rule.match, &rule.actions, 0),
		                 0);
		rules.list[rules.len++] = rule;
	}
	assert_int_equal(try_rule("dst 192.0.2.2 tcp set dport 9", &rule), 0);
	assert_int_equal(rules_add(&rules, &rule, false), -ENOSPC);
	/* Nor is there room where slots of others repeat, and some are free therefore. */
	rules.list[1].actions.slot = rules.list[0].actions.slot;
	assert_int_equal(rules_add(&rules, &rule, false), -ENOSPC);
	assert_int_equal(rules.len, REWRITE_RULES);
	no_rules(NULL);
	for (int i = 1; i <= REWRITE_SHAPES; i++) {
		snprintf(text, sizeof(text), "dst %s/%d set dst 10.0.0.%d",
		         i == 1 ? "128.0.0.0" : "192.0.0.0", i, i);
		add(text);
	}
	assert_int_equal(try_rule("udp set dport 9", &rule), 0);
	assert_int_equal(rules_add(&rules, &rule, false), -ENOSPC);
	out.dst = "10.0.0.16";
	expect_flow(&(struct flow){ NONE, NONE, MAC1, MAC2, "192.0.2.1", "192.0.2.2", IPPROTO_TCP,
	                            1000, 80 },
	            &out);
}

/* What must hold of a packet and what became of it, with the rules of the next test. */
static void expect_plausible(struct frame *in, struct frame *out)
{
	struct headers before, after;
	bool right = !checksums_check(in->bytes, in->len);

	headers_find(&before, in->bytes, in->len);
	headers_find(&after, out->bytes, out->len);
	/* An IP header that is cut off has no sum; such a packet stays as it is. */
	if (before.ip4 && before.l4 == NULL)
		right = false;
	if (right && checksums_check(out->bytes, out->len))
		fail_msg("%s", checksums_check(out->bytes, out->len));
	assert_true(out->len == in->len || out->len + 4 == in->len || out->len == in->len + 4);
	assert_memory_equal(in->bytes, out->bytes, 12);
	assert_int_equal(!!before.ip4, !!after.ip4);
	assert_int_equal(!!before.ip6, !!after.ip6);
	if (before.l4)
		assert_int_equal(before.l4_len, after.l4_len);
}

static void test_random_packets(void **state)
{
	static const __u8 protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6 };
	const int frames = twins_frames(150000);
	unsigned int changed = 0, dropped = 0;
	enum verdict verdict;
	struct frame f, out;
	struct flow flow;

	(void)state;
	add("vlan none dst 192.0.2.2 tcp dport 80 set dst 10.0.0.1 dport 8080");
	add("dst 192.0.2.2 udp dport 80 set dport 8080");
	add("dst 192.0.2.0/24 set src 10.0.0.3");
	add("vlan 5 set vlan 6");
	add("vlan 6 dst 2001:db8::/32 pop set dst fd00::1");
	add("dst 2001:db8::2 set src fd00::4");
	add("dst 2001:db8::2 udp push 9 set sport 7");
	mutate_begin(30);
	for (int i = 0; i < frames; i++) {
		flow = i % 2 ? flow6 : flow4;
		flow.outer = mutate_number(2) ? NONE : 5 + mutate_number(2);
		flow.inner = flow.outer == NONE || mutate_number(2) ? NONE : 5;
		flow.protocol = protocols[mutate_number(4)];
		make(&f, &flow, mutate_number(2) ? ETH_P_8021Q : ETH_P_8021AD);
		mutate_frame(&f);
		verdict = twins_run(&twins, &f, &out);
		dropped += verdict == VERDICT_DROP;
		if (verdict == VERDICT_DROP)
			continue;
		assert_int_equal(verdict, VERDICT_PASS);
		expect_plausible(&f, &out);
		changed += out.len != f.len || memcmp(out.bytes, f.bytes, f.len);
	}
	assert_in_range(changed, frames / 3, frames - frames / 150);
	assert_in_range(dropped, frames / 1500, frames / 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_without_rules_nothing_changes, no_rules),
		cmocka_unit_test_setup(test_addresses_and_ports_of_each_protocol, no_rules),
		cmocka_unit_test_setup(test_each_action_alone, no_rules),
		cmocka_unit_test_setup(test_tags_are_pushed_popped_and_set, no_rules),
		cmocka_unit_test_setup(test_a_tag_goes_with_other_changes, no_rules),
		cmocka_unit_test_setup(test_the_rule_that_says_most_is_taken, no_rules),
		cmocka_unit_test_setup(test_directions_are_told_apart, no_rules),
		cmocka_unit_test_setup(test_the_tc_object_does_what_its_parts_do, no_rules),
		cmocka_unit_test_setup(test_checksums_of_each_value, no_rules),
		cmocka_unit_test_setup(test_udp_without_a_checksum_stays_so, no_rules),
		cmocka_unit_test_setup(test_hits_are_counted_per_rule_and_begin_at_0, no_rules),
		cmocka_unit_test_setup(test_rules_up_to_the_limits, no_rules),
		cmocka_unit_test_setup(test_random_packets, no_rules),
	};

	return cmocka_run_group_tests(tests, open_twins, close_twins);
}
