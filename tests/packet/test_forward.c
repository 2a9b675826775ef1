// SPDX-License-Identifier: GPL-2.0-or-later
/* forward: where the FIB leads packets, what is written into them, and how long the cache holds. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <netinet/ether.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "objects/forward.h"
#include "objects/stats.h"
#include "tests/packet/checksum.h"
#include "tests/packet/twins.h"
#include "tests/packet/world.h"

#define IN_MAC      "02:00:00:00:00:01"
#define CLIENT_MAC  "02:00:00:00:00:02"
#define OUT_MAC     "02:00:00:00:00:03"
#define HOP_A       "02:00:00:00:00:0a"
#define HOP_B       "02:00:00:00:00:0b"
#define FUZZ_ROUNDS 120000

static const __u32 zero;

/* The cache is per CPU: stay on one. */
static int make_world(void **state)
{
	cpu_set_t one;

	(void)state;
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	world_do("ip link set lo up && ip link add in0 address " IN_MAC
	         " type veth peer name in1 && ip link add out0 address " OUT_MAC
	         " type veth peer name out1");
	world_do("for i in in0 in1 out0 out1; do ip link set $i arp off up || exit 1; done");
	world_do("echo 1 >/proc/sys/net/ipv4/conf/all/forwarding; "
	         "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding");
	/* So that XDP's test run takes the interface. */
	world_do("ip link set dev in0 xdpdrv obj objects/xdp_stub.o sec xdp");
	world_do("ip addr add 10.0.0.1/24 dev in0 && ip addr add 10.0.1.1/24 dev out0");
	world_do("ip addr add 2001:db8::1/64 dev in0 nodad && "
	         "ip addr add 2001:db8:0:1::1/64 dev out0 nodad");
	world_do("for a in 10.0.1.2 2001:db8:0:1::2; do "
	         "ip neigh replace $a lladdr " HOP_A " dev out0 nud permanent || exit 1; done");
	world_do("for a in 10.0.1.3 2001:db8:0:1::3; do "
	         "ip neigh replace $a lladdr " HOP_B " dev out0 nud permanent || exit 1; done");
	world_do(
		"ip route add 10.9.0.0/16 via 10.0.1.2 && ip route add 10.10.0.0/16 via 10.0.1.99");
	world_do("ip route add blackhole 10.11.0.0/16 && ip route add unreachable 10.12.0.0/16 && "
	         "ip route add prohibit 10.13.0.0/16");
	world_do("ip route add 10.14.0.0/16 via 10.0.1.2 mtu lock 600");
	world_do("ip -6 route add 2001:db8:9::/48 via 2001:db8:0:1::2 && "
	         "ip -6 route add 2001:db8:10::/48 via 2001:db8:0:1::99");
	world_do("ip -6 route add blackhole 2001:db8:11::/48 && "
	         "ip -6 route add unreachable 2001:db8:12::/48 && "
	         "ip -6 route add prohibit 2001:db8:13::/48");
	world_do("ip -6 route add 2001:db8:14::/48 via 2001:db8:0:1::2 mtu lock 1300");
	/* Policy: by source, by port and by DSCP the other next hop. */
	world_do("for f in -4 -6; do ip $f rule add dev in0 dport 7777 lookup 101 && "
	         "ip $f rule add dev in0 tos 0x10 lookup 101 || exit 1; done");
	world_do("ip rule add from 10.0.0.77 lookup 101 && "
	         "ip -6 rule add from 2001:db8::77 lookup 101");
	world_do("ip route add 10.9.0.0/16 via 10.0.1.3 table 101 && "
	         "ip -6 route add 2001:db8:9::/48 via 2001:db8:0:1::3 table 101");
	return 0;
}

static void open_world(struct twins *t)
{
	twins_open(t, "forward");
	twins_move(t, world_ifindex("in0"));
}

static void set_up(const struct twins *t, const struct forward_settings *setup)
{
	int fd = twins_map(t, FORWARD_SETTINGS_MAP);

	assert_int_equal(bpf_map_update_elem(fd, &zero, setup, BPF_ANY), 0);
}

static __u64 counted(const struct twins *t, enum forward_reason reason)
{
	return map_sum(twins_map(t, FORWARD_COUNT_MAP), reason, 0);
}

/* A packet and what becomes of it. */
struct row {
	const char *name;
	const char *from, *to;
	enum forward_reason reason;
	const char *hop; /* of those that are sent */
	__u8 ttl;        /* 0: 64 */
	__u8 tos;
	__u16 dport;  /* 0: 80 */
	__u16 length; /* of the IP packet, if not as it comes */
};

static bool is_ip6(const struct row *row)
{
	return strchr(row->from, ':') != NULL;
}

static void make_packet(struct frame *f, const struct row *row)
{
	__u8 ttl = row->ttl ? row->ttl : 64;
	size_t headers = is_ip6(row) ? 40 + 20 : 20 + 20;

	frame_ethernet(f, CLIENT_MAC, IN_MAC);
	if (is_ip6(row)) {
		struct ipv6hdr *ip = frame_ip6(f, row->from, row->to);

		ip->hop_limit = ttl;
		ip->priority = row->tos >> 4;
		ip->flow_lbl[0] = (__u8)(row->tos << 4);
	} else {
		struct iphdr *ip = frame_ip4(f, row->from, row->to);

		ip->ttl = ttl;
		ip->tos = row->tos;
	}
	frame_tcp(f, 1000, row->dport ? row->dport : 80);
	frame_payload(f, row->length ? row->length - headers : 50);
	frame_finish(f);
}

/* By another way than the programs: everything computed anew. */
static void route_by_hand(struct frame *f, const char *hop)
{
	struct headers h;

	headers_find(&h, f->bytes, f->len);
	assert_non_null(ether_aton_r(hop, (struct ether_addr *)h.eth->h_dest));
	assert_non_null(ether_aton_r(OUT_MAC, (struct ether_addr *)h.eth->h_source));
	if (h.ip4)
		h.ip4->ttl--;
	else
		h.ip6->hop_limit--;
	checksums_fix(f->bytes, f->len);
}

static void expect(const struct twins *t, const struct frame *f, enum forward_reason reason,
                   const char *hop, const char *name)
{
	bool sent = reason == FORWARD_LOOKED_UP || reason == FORWARD_CACHED;
	__u64 before = counted(t, reason), times;
	struct frame out, wanted = *f;

	if (sent)
		route_by_hand(&wanted, hop);
	if (twins_run(t, f, &out) != (sent ? VERDICT_SEND : VERDICT_PASS))
		fail_msg("%s: another verdict", name);
	times = counted(t, reason) - before;
	if (times != (twins_tc_takes(f) ? 3 : 2))
		fail_msg("%s: counted %llu times as reason %d", name, (unsigned long long)times,
		         reason);
	if (out.len != wanted.len || memcmp(out.bytes, wanted.bytes, out.len) != 0)
		fail_msg("%s: another frame", name);
	if (checksums_check(out.bytes, out.len))
		fail_msg("%s: wrong %s", name, checksums_check(out.bytes, out.len));
}

static const struct row rows[] = {
	{ .name = "route",
	  .from = "10.0.0.2",
	  .to = "10.9.0.1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_A },
	{ .name = "connected",
	  .from = "10.0.0.2",
	  .to = "10.0.1.3",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_B },
	{ .name = "TTL 2",
	  .from = "10.0.0.2",
	  .to = "10.9.0.1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_A,
	  .ttl = 2 },
	{ .name = "TTL 255",
	  .from = "10.0.0.2",
	  .to = "10.9.0.1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_A,
	  .ttl = 255 },
	{ .name = "TTL 1", .from = "10.0.0.2", .to = "10.9.0.1", .reason = FORWARD_TTL, .ttl = 1 },
	{ .name = "policy by source",
	  .from = "10.0.0.77",
	  .to = "10.9.0.1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_B },
	{ .name = "policy by port",
	  .from = "10.0.0.2",
	  .to = "10.9.0.1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_B,
	  .dport = 7777 },
	{ .name = "policy by DSCP",
	  .from = "10.0.0.2",
	  .to = "10.9.0.1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_B,
	  .tos = 0x10 },
	{ .name = "ECN is none",
	  .from = "10.0.0.2",
	  .to = "10.9.0.1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_A,
	  .tos = 0x03 },
	{ .name = "no neighbour",
	  .from = "10.0.0.2",
	  .to = "10.10.0.1",
	  .reason = FORWARD_NO_NEIGHBOUR },
	{ .name = "blackhole", .from = "10.0.0.2", .to = "10.11.0.1", .reason = FORWARD_BLACKHOLE },
	{ .name = "unreachable",
	  .from = "10.0.0.2",
	  .to = "10.12.0.1",
	  .reason = FORWARD_UNREACHABLE },
	{ .name = "prohibit", .from = "10.0.0.2", .to = "10.13.0.1", .reason = FORWARD_PROHIBIT },
	{ .name = "no route", .from = "10.0.0.2", .to = "10.99.0.1", .reason = FORWARD_LOCAL },
	{ .name = "for this host", .from = "10.0.0.2", .to = "10.0.1.1", .reason = FORWARD_LOCAL },
	{ .name = "directed broadcast",
	  .from = "10.0.0.2",
	  .to = "10.0.1.255",
	  .reason = FORWARD_LOCAL },
	{ .name = "MTU",
	  .from = "10.0.0.2",
	  .to = "10.9.0.1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_A,
	  .length = 1500 },
	{ .name = "above the MTU",
	  .from = "10.0.0.2",
	  .to = "10.9.0.1",
	  .reason = FORWARD_FRAG_NEEDED,
	  .length = 1501 },
	{ .name = "MTU of the route",
	  .from = "10.0.0.2",
	  .to = "10.14.0.1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_A,
	  .length = 600 },
	{ .name = "above that",
	  .from = "10.0.0.2",
	  .to = "10.14.0.1",
	  .reason = FORWARD_FRAG_NEEDED,
	  .length = 601 },
	{ .name = "multicast", .from = "10.0.0.2", .to = "224.0.0.5", .reason = FORWARD_ADDRESS },
	{ .name = "broadcast",
	  .from = "10.0.0.2",
	  .to = "255.255.255.255",
	  .reason = FORWARD_ADDRESS },
	{ .name = "loopback", .from = "10.0.0.2", .to = "127.0.0.1", .reason = FORWARD_ADDRESS },
	{ .name = "from loopback",
	  .from = "127.0.0.1",
	  .to = "10.9.0.1",
	  .reason = FORWARD_ADDRESS },
	{ .name = "link-local",
	  .from = "10.0.0.2",
	  .to = "169.254.1.1",
	  .reason = FORWARD_ADDRESS },
	{ .name = "from link-local",
	  .from = "169.254.1.1",
	  .to = "10.9.0.1",
	  .reason = FORWARD_ADDRESS },
	{ .name = "from nowhere", .from = "0.0.0.0", .to = "10.9.0.1", .reason = FORWARD_ADDRESS },
	{ .name = "from multicast",
	  .from = "239.1.1.1",
	  .to = "10.9.0.1",
	  .reason = FORWARD_ADDRESS },
	{ .name = "route 6",
	  .from = "2001:db8::2",
	  .to = "2001:db8:9::1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_A },
	{ .name = "connected 6",
	  .from = "2001:db8::2",
	  .to = "2001:db8:0:1::3",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_B },
	{ .name = "hop limit 2",
	  .from = "2001:db8::2",
	  .to = "2001:db8:9::1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_A,
	  .ttl = 2 },
	{ .name = "hop limit 1",
	  .from = "2001:db8::2",
	  .to = "2001:db8:9::1",
	  .reason = FORWARD_TTL,
	  .ttl = 1 },
	{ .name = "policy by source 6",
	  .from = "2001:db8::77",
	  .to = "2001:db8:9::1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_B },
	{ .name = "policy by port 6",
	  .from = "2001:db8::2",
	  .to = "2001:db8:9::1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_B,
	  .dport = 7777 },
	{ .name = "policy by DSCP 6",
	  .from = "2001:db8::2",
	  .to = "2001:db8:9::1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_B,
	  .tos = 0x10 },
	{ .name = "ECN is none 6",
	  .from = "2001:db8::2",
	  .to = "2001:db8:9::1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_A,
	  .tos = 0x03 },
	{ .name = "no neighbour 6",
	  .from = "2001:db8::2",
	  .to = "2001:db8:10::1",
	  .reason = FORWARD_NO_NEIGHBOUR },
	{ .name = "blackhole 6",
	  .from = "2001:db8::2",
	  .to = "2001:db8:11::1",
	  .reason = FORWARD_BLACKHOLE },
	{ .name = "unreachable 6",
	  .from = "2001:db8::2",
	  .to = "2001:db8:12::1",
	  .reason = FORWARD_UNREACHABLE },
	{ .name = "prohibit 6",
	  .from = "2001:db8::2",
	  .to = "2001:db8:13::1",
	  .reason = FORWARD_PROHIBIT },
	{ .name = "for this host 6",
	  .from = "2001:db8::2",
	  .to = "2001:db8:0:1::1",
	  .reason = FORWARD_LOCAL },
	{ .name = "MTU 6",
	  .from = "2001:db8::2",
	  .to = "2001:db8:9::1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_A,
	  .length = 1500 },
	{ .name = "above the MTU 6",
	  .from = "2001:db8::2",
	  .to = "2001:db8:9::1",
	  .reason = FORWARD_FRAG_NEEDED,
	  .length = 1501 },
	{ .name = "MTU of the route 6",
	  .from = "2001:db8::2",
	  .to = "2001:db8:14::1",
	  .reason = FORWARD_LOOKED_UP,
	  .hop = HOP_A,
	  .length = 1300 },
	{ .name = "above that 6",
	  .from = "2001:db8::2",
	  .to = "2001:db8:14::1",
	  .reason = FORWARD_FRAG_NEEDED,
	  .length = 1301 },
	{ .name = "multicast 6",
	  .from = "2001:db8::2",
	  .to = "ff02::1",
	  .reason = FORWARD_ADDRESS },
	{ .name = "link-local 6",
	  .from = "2001:db8::2",
	  .to = "fe80::1",
	  .reason = FORWARD_ADDRESS },
	{ .name = "from link-local 6",
	  .from = "fe80::1",
	  .to = "2001:db8:9::1",
	  .reason = FORWARD_ADDRESS },
	{ .name = "loopback 6", .from = "2001:db8::2", .to = "::1", .reason = FORWARD_ADDRESS },
	{ .name = "from nowhere 6",
	  .from = "::",
	  .to = "2001:db8:9::1",
	  .reason = FORWARD_ADDRESS },
	{ .name = "mapped 6",
	  .from = "2001:db8::2",
	  .to = "::ffff:10.9.0.1",
	  .reason = FORWARD_ADDRESS },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void test_each_packet_goes_where_the_kernel_would_send_it(void **state)
{
	struct twins t;
	struct frame f;

	(void)state;
	open_world(&t);
	for (size_t i = 0; i < ROWS; i++) {
		make_packet(&f, &rows[i]);
		expect(&t, &f, rows[i].reason, rows[i].hop, rows[i].name);
	}
	twins_close(&t);
}

/* Twice the whole table: whatever was cached before, each packet goes as without a cache. */
static void test_the_cache_answers_as_the_fib_does(void **state)
{
	struct forward_settings setup = { .cache_jiffies = 1U << 30 };
	struct frame f, out;
	struct twins t;

	(void)state;
	open_world(&t);
	set_up(&t, &setup);
	for (size_t i = 0; i < ROWS; i++) {
		make_packet(&f, &rows[i]);
		twins_run(&t, &f, &out);
	}
	for (size_t i = 0; i < ROWS; i++) {
		bool sent = rows[i].reason == FORWARD_LOOKED_UP;

		make_packet(&f, &rows[i]);
		expect(&t, &f, sent ? FORWARD_CACHED : rows[i].reason, rows[i].hop, rows[i].name);
	}
	twins_close(&t);
}

static void expect_other(const struct twins *t, struct frame *f, enum forward_reason reason,
                         const char *name)
{
	frame_finish(f);
	expect(t, f, reason, HOP_A, name);
}

/* Every carry that there can be: the identification goes through all sums. */
static void test_the_checksum_is_right_for_every_sum(void **state)
{
	struct frame f, out, wanted;
	struct headers h;
	struct twins t;

	(void)state;
	open_world(&t);
	make_packet(&f, &rows[0]);
	headers_find(&h, f.bytes, f.len);
	for (__u32 id = 0; id <= 0xffff; id++) {
		h.ip4->id = htons((__u16)id);
		checksums_fix(f.bytes, f.len);
		wanted = f;
		route_by_hand(&wanted, HOP_A);
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
	__u64 before = counted(t, FORWARD_MALFORMED);
	struct frame out;

	assert_int_equal(twins_run(t, f, &out), VERDICT_PASS);
	assert_int_equal(out.len, f->len);
	assert_memory_equal(out.bytes, f->bytes, f->len);
	assert_int_equal(counted(t, FORWARD_MALFORMED) - before, 3);
}

/* As the stack judges: every value but the right one, 0 and 0xffff being the same. */
static void test_a_wrong_checksum_of_the_ip_header_passes(void **state)
{
	struct frame f, out;
	struct headers h;
	struct twins t;
	__u16 right;

	(void)state;
	open_world(&t);
	make_packet(&f, &rows[0]);
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
	expect(&t, &f, FORWARD_LOOKED_UP, HOP_A, "the right one");
	twins_close(&t);
}

static void test_what_the_stack_has_to_see_passes(void **state)
{
	struct twins t;
	struct frame f;

	(void)state;
	open_world(&t);
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
	open_world(&t);
	for (int offset = 0; offset < 2; offset++) {
		/* To the port of the policy, which a fragment does not have. */
		frame_ethernet(&f, CLIENT_MAC, IN_MAC);
		ip = frame_ip4(&f, "10.0.0.2", "10.9.0.1");
		ip->frag_off = htons(offset ? 5 : 0x2000);
		frame_tcp(&f, 1000, 7777);
		frame_finish(&f);
		expect(&t, &f, FORWARD_LOOKED_UP, HOP_A, "fragment");
		frame_ethernet(&f, CLIENT_MAC, IN_MAC);
		frame_ip6(&f, "2001:db8::2", "2001:db8:9::1");
		more = frame_extension(&f, 44, 8);
		*(__be16 *)((char *)more + 2) = htons(offset ? 40 : 1);
		frame_tcp(&f, 1000, 7777);
		frame_finish(&f);
		expect(&t, &f, FORWARD_LOOKED_UP, HOP_A, "fragment 6");
	}
	twins_close(&t);
}

static void test_truncated_packets_pass_at_every_length(void **state)
{
	static const struct row both[] = { { .name = "",
		                             .from = "10.0.0.2",
		                             .to = "10.9.0.1",
		                             .reason = FORWARD_LOOKED_UP,
		                             .hop = HOP_A },
		                           { .name = "",
		                             .from = "2001:db8::2",
		                             .to = "2001:db8:9::1",
		                             .reason = FORWARD_LOOKED_UP,
		                             .hop = HOP_A } };
	struct frame f, out;
	struct twins t;

	(void)state;
	open_world(&t);
	for (int i = 0; i < 2; i++) {
		make_packet(&f, &both[i]);
		for (f.len--; f.len >= ETH_HLEN; f.len--) {
			assert_int_equal(twins_run(&t, &f, &out), VERDICT_PASS);
			assert_int_equal(out.len, f.len);
			assert_memory_equal(out.bytes, f.bytes, f.len);
		}
	}
	assert_int_equal(counted(&t, FORWARD_LOOKED_UP), 0);
	twins_close(&t);
}

static void test_an_interface_that_must_not_forward_does_not(void **state)
{
	struct twins t;
	struct frame f;

	(void)state;
	open_world(&t);
	world_do("echo 0 >/proc/sys/net/ipv4/conf/in0/forwarding");
	make_packet(&f, &rows[0]);
	expect(&t, &f, FORWARD_DISABLED, NULL, "IPv4 off");
	world_do("echo 1 >/proc/sys/net/ipv4/conf/in0/forwarding");
	expect(&t, &f, FORWARD_LOOKED_UP, HOP_A, "IPv4 on");
	twins_close(&t);
}

static void test_what_would_leave_by_an_excluded_interface_passes(void **state)
{
	struct forward_settings setup = { .excludes = 1 };
	__u32 out, one = 1;
	struct twins t;
	struct frame f;

	(void)state;
	open_world(&t);
	set_up(&t, &setup);
	make_packet(&f, &rows[0]);
	expect(&t, &f, FORWARD_LOOKED_UP, HOP_A, "none is");
	out = world_ifindex("out0");
	assert_int_equal(
		bpf_map_update_elem(twins_map(&t, FORWARD_EXCLUDE_MAP), &out, &one, BPF_ANY), 0);
	expect(&t, &f, FORWARD_EXCLUDED, NULL, "excluded");
	twins_close(&t);
}

/* tc: a packet that is cut on the way out is compared part by part. */
static void test_gso_packets_go_if_their_parts_fit(void **state)
{
	struct row row = { .name = "",
		           .from = "10.0.0.2",
		           .to = "10.9.0.1",
		           .reason = FORWARD_LOOKED_UP,
		           .hop = HOP_A,
		           .length = 3000 };
	struct frame f, out;
	struct twins t;

	(void)state;
	open_world(&t);
	for (int i = 0; i < 2; i++) {
		make_packet(&f, &row);
		assert_int_equal(twins_run_gso(&t, &f, &out, 1500 - (i ? 60 : 40)),
		                 TC_ACT_REDIRECT);
		assert_int_equal(twins_run_gso(&t, &f, &out, 1501 - (i ? 60 : 40)), TC_ACT_UNSPEC);
		assert_int_equal(twins_run_gso(&t, &f, &out, 0), TC_ACT_UNSPEC);
		row.from = "2001:db8::2";
		row.to = "2001:db8:9::1";
	}
	twins_close(&t);
}

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (__u64)ts.tv_sec * 1000000000 + (__u64)ts.tv_nsec;
}

static const char *hop_of(const struct twins *t, const struct row *row)
{
	struct ether_addr a;
	struct frame f, out;

	make_packet(&f, row);
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
	static const struct row both[] = { { .name = "",
		                             .from = "10.0.0.2",
		                             .to = "10.9.0.1",
		                             .reason = FORWARD_LOOKED_UP,
		                             .hop = HOP_A },
		                           { .name = "",
		                             .from = "2001:db8::2",
		                             .to = "2001:db8:9::1",
		                             .reason = FORWARD_LOOKED_UP,
		                             .hop = HOP_A } };
	struct forward_settings setup = { .cache_jiffies = 1U << 30 };
	__u64 changed, bound, start;
	struct timespec tick;
	struct twins t;

	(void)state;
	open_world(&t);
	assert_int_equal(clock_getres(CLOCK_MONOTONIC_COARSE, &tick), 0);
	for (int i = 0; i < 2; i++) {
		/* With a cache that never ends, the old route stays until all is forgotten. */
		setup.cache_jiffies = 1U << 30;
		set_up(&t, &setup);
		assert_string_equal(hop_of(&t, &both[i]), HOP_A);
		change_route("10.0.1.3", "2001:db8:0:1::3");
		assert_string_equal(hop_of(&t, &both[i]), HOP_A);
		setup.generation++;
		set_up(&t, &setup);
		assert_string_equal(hop_of(&t, &both[i]), HOP_B);
		/* With a bound of 20 ticks, until then. */
		setup.cache_jiffies = 20;
		setup.generation++;
		set_up(&t, &setup);
		bound = 20 * (__u64)tick.tv_nsec;
		assert_string_equal(hop_of(&t, &both[i]), HOP_B);
		change_route("10.0.1.2", "2001:db8:0:1::2");
		changed = now_ns();
		do {
			start = now_ns();
			if (!strcmp(hop_of(&t, &both[i]), HOP_A))
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
	open_world(&t);
	assert_string_equal(hop_of(&t, &rows[0]), HOP_A);
	change_route("10.0.1.3", "2001:db8:0:1::3");
	assert_string_equal(hop_of(&t, &rows[0]), HOP_B);
	change_route("10.0.1.2", "2001:db8:0:1::2");
	assert_string_equal(hop_of(&t, &rows[0]), HOP_A);
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
	}
	assert_int_equal(out->len, wanted.len);
	assert_memory_equal(out->bytes, wanted.bytes, wanted.len);
}

static void test_mutated_packets_never_surprise(void **state)
{
	struct forward_settings setup = { .cache_jiffies = 50 };
	struct frame f, out;
	unsigned int sent = 0;
	struct twins t;

	(void)state;
	world_seed(4042);
	open_world(&t);
	for (int round = 0; round < FUZZ_ROUNDS; round++) {
		if (round == FUZZ_ROUNDS / 2)
			set_up(&t, &setup);
		make_packet(&f, &rows[world_random() % ROWS]);
		for (__u32 n = world_random() % 4; n; n--)
			f.bytes[12 + world_random() % (f.len < 90 ? f.len - 12 : 78)] =
				(__u8)world_random();
		if (world_random() % 8 == 0)
			f.len = ETH_HLEN + world_random() % (f.len - ETH_HLEN + 1);
		enum verdict verdict = twins_run(&t, &f, &out);

		judge(&f, &out, verdict);
		sent += verdict == VERDICT_SEND;
	}
	assert_true(sent > FUZZ_ROUNDS / 20);
	twins_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_packet_goes_where_the_kernel_would_send_it),
		cmocka_unit_test(test_the_cache_answers_as_the_fib_does),
		cmocka_unit_test(test_the_checksum_is_right_for_every_sum),
		cmocka_unit_test(test_a_wrong_checksum_of_the_ip_header_passes),
		cmocka_unit_test(test_what_the_stack_has_to_see_passes),
		cmocka_unit_test(test_fragments_go_without_ports),
		cmocka_unit_test(test_truncated_packets_pass_at_every_length),
		cmocka_unit_test(test_an_interface_that_must_not_forward_does_not),
		cmocka_unit_test(test_what_would_leave_by_an_excluded_interface_passes),
		cmocka_unit_test(test_gso_packets_go_if_their_parts_fit),
		cmocka_unit_test(test_the_cache_is_never_older_than_was_set),
		cmocka_unit_test(test_no_cache_follows_at_once),
		cmocka_unit_test(test_mutated_packets_never_surprise),
	};

	return cmocka_run_group_tests(tests, make_world, NULL);
}
