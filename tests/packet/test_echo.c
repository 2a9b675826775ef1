// SPDX-License-Identifier: GPL-2.0-or-later
/* echo: which packets it answers, and the answer byte for byte. */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "objects/stats.h"
#include "tests/packet/checksum.h"
#include "tests/packet/mutate.h"
#include "tests/packet/twins.h"
#include "tests/packet/world.h"

#define HOST_MAC   "02:00:00:00:00:01"
#define CLIENT_MAC "02:00:00:00:00:02"
#define HOST4      "192.0.2.1"
#define CLIENT4    "198.51.100.7"
#define HOST6      "2001:db8::1"
#define CLIENT6    "2001:db8:1::7"
#define PAYLOAD    56

static struct twins twins;

static int open_twins(void **state)
{
	(void)state;
	/* Where the test run has its packets: in tc, they are for this host. */
	world_do("ip link set dev lo address " HOST_MAC);
	twins_open(&twins, "echo");
	return 0;
}

static int close_twins(void **state)
{
	(void)state;
	twins_close(&twins);
	return 0;
}

static void begin(struct frame *f, const char *from, const char *to, unsigned int tags)
{
	frame_ethernet(f, from, to);
	if (tags > 1)
		frame_vlan(f, ETH_P_8021AD, 0x2005);
	if (tags)
		frame_vlan(f, ETH_P_8021Q, 0x600a);
}

static void make4(struct frame *f, bool answer, __u8 ttl, unsigned int tags, size_t payload)
{
	struct iphdr *ip;

	begin(f, answer ? HOST_MAC : CLIENT_MAC, answer ? CLIENT_MAC : HOST_MAC, tags);
	ip = frame_ip4(f, answer ? HOST4 : CLIENT4, answer ? CLIENT4 : HOST4);
	ip->ttl = ttl;
	ip->tos = 0x48;
	ip->id = htons(777);
	frame_icmp(f, answer ? 0 : 8, 0);
	frame_payload(f, payload);
	frame_finish(f);
}

static void make6(struct frame *f, bool answer, __u8 hops, unsigned int tags, size_t payload)
{
	struct ipv6hdr *ip;

	begin(f, answer ? HOST_MAC : CLIENT_MAC, answer ? CLIENT_MAC : HOST_MAC, tags);
	ip = frame_ip6(f, answer ? HOST6 : CLIENT6, answer ? CLIENT6 : HOST6);
	ip->hop_limit = hops;
	ip->flow_lbl[2] = 9;
	frame_icmp6(f, answer ? ICMPV6_ECHO_REPLY : ICMPV6_ECHO_REQUEST, 0);
	frame_payload(f, payload);
	frame_finish(f);
}

static void expect_answer(const struct frame *request, const struct frame *answer)
{
	struct frame out;

	assert_int_equal(twins_run(&twins, request, &out), VERDICT_SEND);
	assert_int_equal(out.len, answer->len);
	assert_memory_equal(out.bytes, answer->bytes, answer->len);
	assert_null(checksums_check(out.bytes, out.len));
}

static void expect_pass(const struct frame *f)
{
	struct frame out;

	assert_int_equal(twins_run(&twins, f, &out), VERDICT_PASS);
	assert_int_equal(out.len, f->len);
	assert_memory_equal(out.bytes, f->bytes, f->len);
}

static void test_requests_are_answered_as_a_host_does(void **state)
{
	static const __u8 hops[] = { 1, 2, 63, 64, 65, 128, 255 };
	struct frame request, answer;

	(void)state;
	for (unsigned int tags = 0; tags <= 2; tags++) {
		for (size_t i = 0; i < sizeof(hops); i++) {
			make4(&request, false, hops[i], tags, PAYLOAD);
			make4(&answer, true, 64, tags, PAYLOAD);
			expect_answer(&request, &answer);
			make6(&request, false, hops[i], tags, PAYLOAD);
			make6(&answer, true, 64, tags, PAYLOAD);
			expect_answer(&request, &answer);
		}
	}
}

/* Odd lengths, and each value that a checksum can have. */
static void test_checksums_are_right_for_each_sum(void **state)
{
	struct frame request, answer;
	struct headers h;

	(void)state;
	for (__u32 word = 0; word <= 0xffff; word += word < 0xff00 ? 7 : 1) {
		make4(&request, false, 60, 0, 3 + word % 9);
		make4(&answer, true, 64, 0, 3 + word % 9);
		for (struct frame *f = &request; f; f = f == &request ? &answer : NULL) {
			f->bytes[42] = word >> 8;
			f->bytes[43] = word;
			frame_finish(f);
		}
		headers_find(&h, answer.bytes, answer.len);
		/* Of what is not all zeros, both are right. */
		if (!h.icmp->icmp6_cksum)
			h.icmp->icmp6_cksum = 0xffff;
		expect_answer(&request, &answer);
	}
}

/* Identifier, number and payload: only the checksum of the answer is not. */
static void test_an_answer_of_zeros_has_its_checksum(void **state)
{
	struct frame request, answer;

	(void)state;
	for (size_t payload = 0; payload <= PAYLOAD; payload++) {
		make4(&request, false, 60, 0, payload);
		make4(&answer, true, 64, 0, payload);
		for (struct frame *f = &request; f; f = f == &request ? &answer : NULL) {
			memset(f->bytes + 38, 0, f->len - 38);
			frame_finish(f);
		}
		expect_answer(&request, &answer);
	}
}

static void test_a_wrong_checksum_is_not_made_good(void **state)
{
	struct frame request, out;
	struct headers h;

	(void)state;
	make4(&request, false, 60, 0, PAYLOAD);
	request.bytes[50] ^= 1;
	assert_int_equal(twins_run(&twins, &request, &out), VERDICT_SEND);
	assert_string_equal(checksums_check(out.bytes, out.len), "ICMP checksum");
	make4(&request, false, 60, 0, PAYLOAD);
	headers_find(&h, request.bytes, request.len);
	h.ip4->id ^= 1;
	expect_pass(&request);
	make6(&request, false, 60, 0, PAYLOAD);
	request.bytes[70] ^= 1;
	assert_int_equal(twins_run(&twins, &request, &out), VERDICT_SEND);
	assert_string_equal(checksums_check(out.bytes, out.len), "ICMP checksum");
}

static void test_padding_behind_the_packet_is_no_matter(void **state)
{
	struct frame request, answer;

	(void)state;
	make4(&request, false, 60, 0, 4);
	make4(&answer, true, 64, 0, 4);
	frame_payload(&request, 14);
	frame_payload(&answer, 14);
	expect_answer(&request, &answer);
}

static void test_addresses_of_no_single_host_are_not_answered(void **state)
{
	static const char *const odd4[] = { "0.0.0.0",   "0.1.2.3",   "127.0.0.1",
		                            "224.0.0.1", "239.1.1.1", "255.255.255.255",
		                            "240.0.0.1" };
	static const char *const odd6[] = { "::", "::1", "ff02::1", "ff0e::7" };
	struct headers h;
	struct frame f;

	(void)state;
	for (size_t i = 0; i < sizeof(odd4) / sizeof(*odd4); i++) {
		for (int source = 0; source < 2; source++) {
			make4(&f, false, 60, 0, PAYLOAD);
			headers_find(&h, f.bytes, f.len);
			assert_int_equal(
				inet_pton(AF_INET, odd4[i], source ? &h.ip4->saddr : &h.ip4->daddr),
				1);
			frame_finish(&f);
			expect_pass(&f);
		}
	}
	for (size_t i = 0; i < sizeof(odd6) / sizeof(*odd6); i++) {
		for (int source = 0; source < 2; source++) {
			make6(&f, false, 60, 0, PAYLOAD);
			headers_find(&h, f.bytes, f.len);
			assert_int_equal(inet_pton(AF_INET6, odd6[i],
			                           source ? &h.ip6->saddr : &h.ip6->daddr),
			                 1);
			frame_finish(&f);
			expect_pass(&f);
		}
	}
	/* Nobody asks himself over a wire. */
	make4(&f, false, 60, 0, PAYLOAD);
	headers_find(&h, f.bytes, f.len);
	h.ip4->saddr = h.ip4->daddr;
	frame_finish(&f);
	expect_pass(&f);
	make6(&f, false, 60, 0, PAYLOAD);
	headers_find(&h, f.bytes, f.len);
	h.ip6->saddr = h.ip6->daddr;
	frame_finish(&f);
	expect_pass(&f);
	for (int source = 0; source < 2; source++) {
		make4(&f, false, 60, 0, PAYLOAD);
		memset(f.bytes + (source ? ETH_ALEN : 0), 0xff, ETH_ALEN);
		expect_pass(&f);
		make6(&f, false, 60, 0, PAYLOAD);
		f.bytes[source ? ETH_ALEN : 0] = 0x33;
		expect_pass(&f);
	}
}

/* XDP cannot know the address of its interface, and answers. */
static void expect_answer_of_xdp_alone(const struct frame *f, struct frame *out)
{
	struct twins xdp = twins;
	struct frame passed;

	xdp.tc = NULL;
	assert_int_equal(twins_run(&xdp, f, out), VERDICT_SEND);
	assert_int_equal(twins_run_tc(&twins, f, &passed), TC_ACT_UNSPEC);
	assert_int_equal(passed.len, f->len);
	assert_memory_equal(passed.bytes, f->bytes, f->len);
}

static void test_tc_leaves_alone_what_is_for_the_ethernet_address_of_another(void **state)
{
	struct frame f, out;

	(void)state;
	for (unsigned int bit = 0; bit < 8 * ETH_ALEN; bit++) {
		if (bit == 7) /* a group */
			continue;
		make4(&f, false, 60, bit % 3, PAYLOAD);
		f.bytes[bit / 8] ^= 0x80 >> bit % 8;
		expect_answer_of_xdp_alone(&f, &out);
		make6(&f, false, 60, bit % 3, PAYLOAD);
		f.bytes[bit / 8] ^= 0x80 >> bit % 8;
		expect_answer_of_xdp_alone(&f, &out);
	}
}

static void test_only_plain_whole_requests_are_answered(void **state)
{
	struct headers h;
	struct frame f;

	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		for (unsigned int code = 0; code < 2; code++) {
			if (type == 8 && !code)
				continue;
			make4(&f, false, 60, 0, PAYLOAD);
			headers_find(&h, f.bytes, f.len);
			h.icmp->icmp6_type = type;
			h.icmp->icmp6_code = code;
			frame_finish(&f);
			expect_pass(&f);
		}
		if (type == ICMPV6_ECHO_REQUEST)
			continue;
		make6(&f, false, 60, 0, PAYLOAD);
		headers_find(&h, f.bytes, f.len);
		h.icmp->icmp6_type = type;
		frame_finish(&f);
		expect_pass(&f);
	}

	make4(&f, false, 60, 0, PAYLOAD);
	headers_find(&h, f.bytes, f.len);
	h.ip4->frag_off = htons(0x2000);
	frame_finish(&f);
	expect_pass(&f);

	begin(&f, CLIENT_MAC, HOST_MAC, 0);
	frame_ip4_options(&f, CLIENT4, HOST4, 8);
	frame_icmp(&f, 8, 0);
	frame_finish(&f);
	expect_pass(&f);

	begin(&f, CLIENT_MAC, HOST_MAC, 0);
	frame_ip6(&f, CLIENT6, HOST6);
	frame_extension(&f, IPPROTO_HOPOPTS, 8);
	frame_icmp6(&f, ICMPV6_ECHO_REQUEST, 0);
	frame_finish(&f);
	expect_pass(&f);

	begin(&f, CLIENT_MAC, HOST_MAC, 0);
	frame_ip6(&f, CLIENT6, HOST6);
	frame_icmp(&f, 8, 0); /* of IPv4 */
	frame_finish(&f);
	expect_pass(&f);
}

static void test_truncated_requests_pass(void **state)
{
	struct frame f;
	size_t whole;

	(void)state;
	make4(&f, false, 60, 2, PAYLOAD);
	for (whole = f.len, f.len = ETH_HLEN; f.len < whole; f.len++)
		expect_pass(&f);
	make6(&f, false, 60, 2, PAYLOAD);
	for (whole = f.len, f.len = ETH_HLEN; f.len < whole; f.len++)
		expect_pass(&f);
}

static void test_actions_are_counted(void **state)
{
	struct frame f;

	(void)state;
	map_clear(twins_map(&twins, XDP_STATS_MAP));
	if (twins.tc)
		map_clear(twins_map(&twins, TC_STATS_MAP));
	make4(&f, false, 60, 0, PAYLOAD);
	for (int i = 0; i < 3; i++)
		twins_run(&twins, &f, NULL);
	make4(&f, true, 60, 0, PAYLOAD);
	twins_run(&twins, &f, NULL);
	assert_int_equal(map_sum(twins_map(&twins, XDP_STATS_MAP), XDP_TX, 0), 3);
	assert_int_equal(map_sum(twins_map(&twins, XDP_STATS_MAP), XDP_TX, 8), 3 * f.len);
	assert_int_equal(map_sum(twins_map(&twins, XDP_STATS_MAP), XDP_PASS, 0), 1);
	if (!twins.tc)
		return;
	assert_int_equal(map_sum(twins_map(&twins, TC_STATS_MAP), TC_ACT_REDIRECT, 0), 3);
	assert_int_equal(map_sum(twins_map(&twins, TC_STATS_MAP), TC_STATS_UNSPEC, 0), 1);
}

static void test_on_egress_nothing_is_answered(void **state)
{
	struct frame f, out;

	(void)state;
	if (!twins.tc)
		skip();
	make4(&f, false, 60, 0, PAYLOAD);
	twins.tc_from = 0;
	assert_int_equal(twins_run_tc(&twins, &f, &out), TC_ACT_UNSPEC);
	assert_memory_equal(out.bytes, f.bytes, f.len);
	twins.tc_from = TWINS_LOOPBACK;
	assert_int_equal(twins_run_tc(&twins, &f, &out), TC_ACT_REDIRECT);
}

/* What must hold of an answer, whatever was asked. */
static void expect_plausible(struct frame *in, struct frame *out)
{
	struct headers request, answer;

	headers_find(&request, in->bytes, in->len);
	headers_find(&answer, out->bytes, out->len);
	assert_int_equal(in->len, out->len);
	assert_non_null(request.icmp);
	assert_non_null(answer.icmp);
	assert_int_equal(request.icmp->icmp6_type, request.ip4 ? 8 : ICMPV6_ECHO_REQUEST);
	assert_int_equal(answer.icmp->icmp6_type, request.ip4 ? 0 : ICMPV6_ECHO_REPLY);
	assert_memory_equal(request.eth->h_source, answer.eth->h_dest, ETH_ALEN);
	assert_memory_equal(request.eth->h_dest, answer.eth->h_source, ETH_ALEN);
	if (request.ip4) {
		assert_int_equal(request.ip4->saddr, answer.ip4->daddr);
		assert_int_equal(request.ip4->daddr, answer.ip4->saddr);
	} else {
		assert_memory_equal(&request.ip6->saddr, &answer.ip6->daddr, 16);
		assert_memory_equal(&request.ip6->daddr, &answer.ip6->saddr, 16);
	}
	if (!checksums_check(in->bytes, in->len))
		assert_null(checksums_check(out->bytes, out->len));
}

static void test_random_packets(void **state)
{
	const __u8 host[ETH_ALEN] = { 2, 0, 0, 0, 0, 1 };
	const int frames = twins_frames(150000);
	unsigned int answered = 0, right = 0;
	struct frame f, out;
	struct twins xdp;

	(void)state;
	mutate_begin(20);
	for (int i = 0; i < frames; i++) {
		if (i % 2)
			make4(&f, false, 60, mutate_number(3), mutate_number(60));
		else
			make6(&f, false, 60, mutate_number(3), mutate_number(60));
		mutate_frame(&f);
		xdp = twins;
		/* That of another host is a matter of XDP alone. */
		if (memcmp(f.bytes, host, ETH_ALEN) != 0)
			xdp.tc = NULL;
		if (twins_run(&xdp, &f, &out) == VERDICT_SEND) {
			expect_plausible(&f, &out);
			answered++;
			right += !checksums_check(out.bytes, out.len);
		} else {
			assert_int_equal(out.len, f.len);
			assert_memory_equal(out.bytes, f.bytes, f.len);
		}
	}
	assert_in_range(answered, frames / 5, frames / 15 * 14);
	assert_in_range(right, frames / 8, answered - frames / 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests_are_answered_as_a_host_does),
		cmocka_unit_test(test_checksums_are_right_for_each_sum),
		cmocka_unit_test(test_an_answer_of_zeros_has_its_checksum),
		cmocka_unit_test(test_a_wrong_checksum_is_not_made_good),
		cmocka_unit_test(test_padding_behind_the_packet_is_no_matter),
		cmocka_unit_test(test_addresses_of_no_single_host_are_not_answered),
		cmocka_unit_test(test_tc_leaves_alone_what_is_for_the_ethernet_address_of_another),
		cmocka_unit_test(test_only_plain_whole_requests_are_answered),
		cmocka_unit_test(test_truncated_requests_pass),
		cmocka_unit_test(test_actions_are_counted),
		cmocka_unit_test(test_on_egress_nothing_is_answered),
		cmocka_unit_test(test_random_packets),
	};

	return cmocka_run_group_tests(tests, open_twins, close_twins);
}
