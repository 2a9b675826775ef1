// SPDX-License-Identifier: GPL-2.0-or-later
/* rewrite: datagrams in fragments, and packets whose headers are cut off or not understood. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "tests/packet/checksum.h"
#include "tests/packet/rewrite_world.h"

/* Cut a datagram of IPv4 in two behind its first 16 bytes. */
static void cut(const struct frame *whole, struct frame *first, struct frame *later)
{
	struct headers h;

	*first = *later = *whole;
	headers_find(&h, first->bytes, first->len);
	h.ip4->frag_off = htons(0x2000);
	first->len = 34 + 16;
	h.ip4->tot_len = htons(20 + 16);
	checksums_fix(first->bytes, first->len);
	headers_find(&h, later->bytes, later->len);
	h.ip4->frag_off = htons(2);
	memmove(later->bytes + 34, later->bytes + 50, later->len - 50);
	later->len -= 16;
	h.ip4->tot_len = htons(later->len - 14);
	checksums_fix(later->bytes, later->len);
}

static void expect_reassembled(const struct flow *in, const struct flow *wanted)
{
	struct frame whole, first, later, out_first, out_later, right;
	struct headers h;

	make(&whole, in, 0);
	make(&right, wanted, 0);
	cut(&whole, &first, &later);
	assert_int_equal(twins_run(&twins, &first, &out_first), VERDICT_PASS);
	assert_int_equal(twins_run(&twins, &later, &out_later), VERDICT_PASS);
	assert_null(checksums_check(out_first.bytes, out_first.len));
	assert_null(checksums_check(out_later.bytes, out_later.len));
	headers_find(&h, out_later.bytes, out_later.len);
	assert_memory_equal(&h.ip4->saddr, out_first.bytes + 26, 8);
	memcpy(out_first.bytes + 50, out_later.bytes + 34, out_later.len - 34);
	out_first.len += out_later.len - 34;
	headers_find(&h, out_first.bytes, out_first.len);
	h.ip4->frag_off = 0;
	h.ip4->tot_len = htons(out_first.len - 14);
	h.ip4->check = 0;
	headers_find(&h, right.bytes, right.len);
	h.ip4->check = 0;
	assert_int_equal(out_first.len, right.len);
	assert_memory_equal(out_first.bytes, right.bytes, right.len);
}

static void test_a_datagram_in_fragments_is_changed_as_a_whole(void **state)
{
	struct flow in = flow4, out = flow4;

	(void)state;
	in.protocol = out.protocol = IPPROTO_UDP;
	add("dst 192.0.2.2 udp set src 10.0.0.7 dst 10.0.0.8 sport 3 dport 4");
	out.src = "10.0.0.7";
	out.dst = "10.0.0.8";
	out.sport = 3;
	out.dport = 4;
	expect_reassembled(&in, &out);

	/* Later fragments have no port, so this rule cannot be right for them. */
	no_rules(NULL);
	add("dst 192.0.2.2 udp dport 80 set dst 10.0.0.8 dport 4");
	expect_reassembled(&in, &in);

	no_rules(NULL);
	add("dst 192.0.2.2 udp dport 80 set dport 4");
	out = in;
	out.dport = 4;
	expect_reassembled(&in, &out);

	/* That they have no port does not mean that they have port 0. */
	no_rules(NULL);
	add("dst 192.0.2.2 udp dport 0 set dport 4");
	expect_reassembled(&in, &in);
	assert_int_equal(map_sum(rules.hits_fd, rules.list[0].actions.slot, 0), 0);
}

/* The rule for the port comes first, but what the later fragments get changes something. */
static void test_all_fragments_of_a_datagram_get_the_same_change(void **state)
{
	struct flow in = flow4, out;

	(void)state;
	in.protocol = IPPROTO_UDP;
	out = in;
	out.dst = "10.0.0.8";
	add("dst 192.0.2.2 udp dport 80 set dport 4");
	add("dst 192.0.2.2 set dst 10.0.0.8");
	expect_reassembled(&in, &out);
	assert_int_equal(map_sum(rules.hits_fd, rules.list[0].actions.slot, 0), 0);
	/* Whole datagrams get the first. */
	out = in;
	out.dport = 4;
	expect_flow(&in, &out);

	/* They have no ports, so that for them this one changes nothing. */
	no_rules(NULL);
	add("dst 192.0.2.2 udp dport 80 set dport 4");
	add("dst 192.0.2.2 udp set sport 3");
	expect_reassembled(&in, &out);
}

static void test_fragments_of_ipv6(void **state)
{
	struct frame f, wanted;
	__u8 *extension;

	(void)state;
	add("dst 2001:db8::2 set dst fd00::1");
	for (int later = 0; later < 2; later++) {
		for (struct frame *each = &f; each; each = each == &f ? &wanted : NULL) {
			frame_ethernet(each, MAC1, MAC2);
			frame_ip6(each, "2001:db8::1", each == &f ? "2001:db8::2" : "fd00::1");
			extension = frame_extension(each, IPPROTO_FRAGMENT, 8);
			frame_udp(each, 5, 6);
			frame_payload(each, 24);
			frame_finish(each);
			extension[3] = later ? 0x10 : 1;
		}
		/* The sum of UDP changes by what the addresses differ, in the first alone. */
		if (!later) {
			__u32 sum = 0;

			for (int i = 0; i < 16; i += 2)
				sum += (__u16) ~(wanted.bytes[38 + i] << 8 | wanted.bytes[39 + i]) +
				       (f.bytes[38 + i] << 8 | f.bytes[39 + i]);
			f.bytes[68] = 0x12;
			f.bytes[69] = 0x34;
			sum += 0x1234;
			while (sum >> 16)
				sum = (sum & 0xffff) + (sum >> 16);
			wanted.bytes[68] = sum >> 8;
			wanted.bytes[69] = sum;
		}
		expect_out(&f, &wanted);
	}
}

static void test_protocols_whose_checksum_is_not_known_keep_their_addresses(void **state)
{
	struct headers h;
	struct frame f;

	(void)state;
	add("dst 192.0.2.2 set dst 10.0.0.1");
	for (int i = 0; i < 2; i++) {
		make(&f, &flow4, 0);
		headers_find(&h, f.bytes, f.len);
		h.ip4->protocol = i ? IPPROTO_DCCP : IPPROTO_UDPLITE;
		checksums_fix(f.bytes, f.len);
		expect_out(&f, &f);
	}
}

/* What is not there fits no rule; what a rule cannot be done to is dropped. */
static void test_truncated_packets_do_not_get_past_a_rule(void **state)
{
	struct flow in = flow4;
	struct frame f, wanted;
	size_t whole, ip;

	(void)state;
	add("tcp set dport 1");
	add("vlan 5 pop");
	for (int six = 0; six < 2; six++) {
		in = six ? flow6 : flow4;
		in.outer = 5;
		make(&f, &in, ETH_P_8021Q);
		ip = 18 + (six ? 40 : 20);
		for (whole = f.len, f.len = ETH_HLEN; f.len < whole; f.len++) {
			if (f.len >= ip) {
				assert_int_equal(twins_run(&twins, &f, NULL), VERDICT_DROP);
				continue;
			}
			wanted = f;
			if (f.len >= 18) {
				wanted.len -= 4;
				memmove(wanted.bytes + 12, f.bytes + 16, f.len - 16);
			}
			expect_out(&f, &wanted);
		}
	}
}

static void test_a_tag_that_is_cut_off_does_not_get_past_a_rule(void **state)
{
	struct flow in = flow4;
	struct frame f;

	(void)state;
	in.outer = 5;
	in.inner = 6;
	make(&f, &in, ETH_P_8021Q);
	add("vlan 5 push 7");
	for (f.len = 18; f.len < 22; f.len++)
		assert_int_equal(twins_run(&twins, &f, NULL), VERDICT_DROP);
	no_rules(NULL);
	add("vlan 4 push 7");
	for (f.len = ETH_HLEN; f.len < 22; f.len++)
		expect_out(&f, &f);
}

/* A part of a TCP header, as the first fragment of a datagram of IPv4. */
static void make_tiny(struct frame *f, const char *dst, __u16 outer, size_t bytes)
{
	struct flow flow = flow4;
	struct headers h;

	flow.dst = dst;
	flow.outer = outer;
	make(f, &flow, ETH_P_8021Q);
	headers_find(&h, f->bytes, f->len);
	f->bytes[(__u8 *)h.ip4 - f->bytes + 20 + 12] = 0xa0; /* 40 bytes */
	h.ip4->frag_off = htons(0x2000);
	h.ip4->tot_len = htons(20 + bytes);
	h.ip4->check = 0;
	f->len = (__u8 *)h.ip4 - f->bytes + 20 + bytes;
	checksums_fix(f->bytes, f->len);
}

static void test_tiny_first_fragments_do_not_get_past_a_rule(void **state)
{
	static const size_t bytes[] = { 8, 16, 24, 32 };
	struct frame f, wanted;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes) / sizeof(*bytes); i++) {
		/* The sum is in the next fragment, or might be. */
		make_tiny(&f, "192.0.2.2", NONE, bytes[i]);
		no_rules(NULL);
		add("dst 192.0.2.2 set dst 10.0.0.77");
		assert_int_equal(twins_run(&twins, &f, NULL), VERDICT_DROP);
		no_rules(NULL);
		add("dst 192.0.2.2 tcp set sport 5");
		assert_int_equal(twins_run(&twins, &f, NULL), VERDICT_DROP);
		no_rules(NULL);
		add("tcp dport 80 set dport 5");
		assert_int_equal(twins_run(&twins, &f, NULL), VERDICT_DROP);
		/* As ever, a rule for ports leaves fragments alone. */
		no_rules(NULL);
		add("tcp dport 80 set dst 10.0.0.77");
		expect_out(&f, &f);
		no_rules(NULL);
		add("dst 192.0.2.2 push 100");
		make_tiny(&wanted, "192.0.2.2", 100, bytes[i]);
		expect_out(&f, &wanted);
	}
}

/* A frame of UDP over IPv6 behind so many destination options. */
static void make_options(struct frame *f, __u16 outer, int options)
{
	frame_ethernet(f, MAC1, MAC2);
	if (outer != NONE)
		frame_vlan(f, ETH_P_8021Q, outer);
	frame_ip6(f, "2001:db8::1", "2001:db8::2");
	while (options--) {
		__u8 *option = frame_extension(f, IPPROTO_DSTOPTS, 8);

		option[2] = 1; /* padding */
		option[3] = 4;
	}
	frame_udp(f, 5, 6);
	frame_payload(f, 24);
	frame_finish(f);
}

static void test_headers_that_are_not_understood_do_not_get_past_a_rule(void **state)
{
	struct flow in = flow4, out = flow4;
	struct frame f, wanted;
	struct headers h;

	(void)state;
	add("push 100");
	make_options(&f, NONE, 9);
	make_options(&wanted, 100, 9);
	expect_out(&f, &wanted);
	in.protocol = out.protocol = IPPROTO_UDP;
	out.outer = 100;
	make(&f, &in, 0);
	make(&wanted, &out, ETH_P_8021Q);
	for (struct frame *each = &f; each; each = each == &f ? &wanted : NULL) {
		headers_find(&h, each->bytes, each->len);
		h.udp->len = htons(200);
	}
	expect_out(&f, &wanted);
	add("dst 192.0.2.2 set dst 10.0.0.1");
	add("dst 2001:db8::2 set dst fd00::1");
	assert_int_equal(twins_run(&twins, &f, NULL), VERDICT_DROP);
	make_options(&f, NONE, 9);
	assert_int_equal(twins_run(&twins, &f, NULL), VERDICT_DROP);
}

/* ICMP sums up no addresses. */
static void test_an_icmp_header_that_is_cut_off_keeps_no_address(void **state)
{
	struct frame f, wanted;
	struct headers h;

	(void)state;
	add("dst 192.0.2.2 set dst 10.0.0.1");
	for (struct frame *each = &f; each; each = each == &f ? &wanted : NULL) {
		frame_ethernet(each, MAC1, MAC2);
		frame_ip4(each, "192.0.2.1", each == &f ? "192.0.2.2" : "10.0.0.1");
		frame_icmp(each, 8, 0);
		frame_finish(each);
		headers_find(&h, each->bytes, each->len);
		h.ip4->tot_len = htons(24);
		each->len = 14 + 24;
		checksums_fix(each->bytes, each->len);
	}
	expect_out(&f, &wanted);
}

static void test_what_is_not_ip_has_no_protocol(void **state)
{
	struct frame f;

	(void)state;
	add("proto 0 push 7");
	frame_ethernet(&f, MAC1, MAC2);
	frame_payload(&f, 46);
	expect_out(&f, &f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_datagram_in_fragments_is_changed_as_a_whole,
		                       no_rules),
		cmocka_unit_test_setup(test_all_fragments_of_a_datagram_get_the_same_change,
		                       no_rules),
		cmocka_unit_test_setup(test_fragments_of_ipv6, no_rules),
		cmocka_unit_test_setup(
			test_protocols_whose_checksum_is_not_known_keep_their_addresses, no_rules),
		cmocka_unit_test_setup(test_truncated_packets_do_not_get_past_a_rule, no_rules),
		cmocka_unit_test_setup(test_a_tag_that_is_cut_off_does_not_get_past_a_rule,
		                       no_rules),
		cmocka_unit_test_setup(test_tiny_first_fragments_do_not_get_past_a_rule, no_rules),
		cmocka_unit_test_setup(test_headers_that_are_not_understood_do_not_get_past_a_rule,
		                       no_rules),
		cmocka_unit_test_setup(test_an_icmp_header_that_is_cut_off_keeps_no_address,
		                       no_rules),
		cmocka_unit_test_setup(test_what_is_not_ip_has_no_protocol, no_rules),
	};

	return cmocka_run_group_tests(tests, open_twins, close_twins);
}
