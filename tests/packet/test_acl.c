// SPDX-License-Identifier: GPL-2.0-or-later
/* acl: every kind of rule, direction, verdict and policy, on packets of every shape. */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "tests/packet/acl_world.h"
#include "tests/packet/beside.h"

#define MAC_A "02:00:00:00:00:0a"
#define MAC_B "02:00:00:00:00:0b"

static void make_tcp4(struct frame *f)
{
	frame_ethernet(f, MAC_A, MAC_B);
	frame_ip4(f, "192.0.2.1", "198.51.100.9");
	frame_tcp(f, 1000, 80);
}

static void make_udp4(struct frame *f)
{
	frame_ethernet(f, MAC_A, MAC_B);
	frame_ip4(f, "192.0.2.1", "198.51.100.9");
	frame_udp(f, 1000, 80);
	frame_payload(f, 20);
}

static void make_options_tcp4(struct frame *f)
{
	frame_ethernet(f, MAC_A, MAC_B);
	frame_ip4_options(f, "192.0.2.1", "198.51.100.9", 8);
	frame_tcp(f, 1000, 80);
}

static void make_vlan_tcp4(struct frame *f)
{
	frame_ethernet(f, MAC_A, MAC_B);
	frame_vlan(f, ETH_P_8021Q, 7);
	frame_ip4(f, "192.0.2.1", "198.51.100.9");
	frame_tcp(f, 1000, 80);
}

static void make_vlans_udp6(struct frame *f)
{
	frame_ethernet(f, MAC_A, MAC_B);
	frame_vlan(f, ETH_P_8021AD, 7);
	frame_vlan(f, ETH_P_8021Q, 8);
	frame_ip6(f, "2001:db8::1", "2001:db8:9::9");
	frame_udp(f, 1000, 80);
}

static void make_tcp6(struct frame *f)
{
	frame_ethernet(f, MAC_A, MAC_B);
	frame_ip6(f, "2001:db8::1", "2001:db8:9::9");
	frame_tcp(f, 1000, 80);
}

static void make_extended_tcp6(struct frame *f)
{
	frame_ethernet(f, MAC_A, MAC_B);
	frame_ip6(f, "2001:db8::1", "2001:db8:9::9");
	frame_extension(f, IPPROTO_HOPOPTS, 8);
	frame_extension(f, IPPROTO_DSTOPTS, 16);
	frame_tcp(f, 1000, 80);
}

static void make_icmp4(struct frame *f)
{
	frame_ethernet(f, MAC_A, MAC_B);
	frame_ip4(f, "192.0.2.1", "198.51.100.9");
	frame_icmp(f, 8, 0);
}

static void make_first_fragment(struct frame *f)
{
	struct iphdr *ip;

	frame_ethernet(f, MAC_A, MAC_B);
	ip = frame_ip4(f, "192.0.2.1", "198.51.100.9");
	ip->frag_off = htons(0x2000);
	frame_tcp(f, 1000, 80);
}

/* Eight bytes of TCP: the ports, and what a filter would need to see is in the next fragment. */
static void make_tiny_fragment(struct frame *f)
{
	make_first_fragment(f);
	f->len -= sizeof(struct tcphdr) - 8;
}

static void make_later_fragment(struct frame *f)
{
	struct iphdr *ip;

	frame_ethernet(f, MAC_A, MAC_B);
	ip = frame_ip4(f, "192.0.2.1", "198.51.100.9");
	ip->frag_off = htons(100);
	frame_tcp(f, 1000, 80);
}

static void make_later_fragment6(struct frame *f)
{
	__u8 *ext;

	frame_ethernet(f, MAC_A, MAC_B);
	frame_ip6(f, "2001:db8::1", "2001:db8:9::9");
	ext = frame_extension(f, IPPROTO_FRAGMENT, 8);
	ext[3] = 8;
	frame_tcp(f, 1000, 80);
}

/* Linux takes any number of these, and finds the ports behind them. */
static void make_nine_extensions(struct frame *f)
{
	frame_ethernet(f, MAC_A, MAC_B);
	frame_ip6(f, "2001:db8::1", "2001:db8:9::9");
	for (int i = 0; i < 9; i++)
		frame_extension(f, IPPROTO_DSTOPTS, 8);
	frame_udp(f, 1000, 80);
}

/* A first fragment that ends in the middle of its extension headers: what follows is in the next.
 */
static void make_cut_chain(struct frame *f)
{
	__u8 *ext;

	frame_ethernet(f, MAC_A, MAC_B);
	frame_ip6(f, "2001:db8::1", "2001:db8:9::9");
	ext = frame_extension(f, IPPROTO_FRAGMENT, 8);
	ext[3] = 1;
	ext = frame_extension(f, IPPROTO_DSTOPTS, 8);
	ext[0] = IPPROTO_DSTOPTS;
}

static void make_cut_extension(struct frame *f)
{
	__u8 *ext;

	make_cut_chain(f);
	ext = f->bytes + f->len - 8;
	ext[0] = IPPROTO_TCP;
	ext[1] = 1;
}

/* The headers are whole, and end where the fragment does. */
static void make_cut_ports(struct frame *f)
{
	make_cut_chain(f);
	f->bytes[f->len - 8] = IPPROTO_TCP;
}

/* More than a tc program pulls. */
static void make_long_extension(struct frame *f)
{
	frame_ethernet(f, MAC_A, MAC_B);
	frame_ip6(f, "2001:db8::1", "2001:db8:9::9");
	frame_extension(f, IPPROTO_DSTOPTS, 304);
	frame_tcp(f, 1000, 80);
	frame_payload(f, 1000);
}

static void make_bad_version(struct frame *f)
{
	struct iphdr *ip;

	make_tcp4(f);
	ip = (void *)(f->bytes + sizeof(struct ethhdr));
	ip->version = 5;
}

static void make_three_tags(struct frame *f)
{
	frame_ethernet(f, MAC_A, MAC_B);
	for (int i = 0; i < 3; i++)
		frame_vlan(f, ETH_P_8021Q, i);
	frame_ip4(f, "192.0.2.1", "198.51.100.9");
	frame_tcp(f, 1000, 80);
}

static void make_many_tags(struct frame *f)
{
	frame_ethernet(f, MAC_A, MAC_B);
	for (int i = 0; i < 4; i++)
		frame_vlan(f, i % 2 ? ETH_P_8021Q : ETH_P_8021AD, 0);
	frame_ip6(f, "2001:db8::1", "2001:db8:9::9");
	frame_udp(f, 1000, 80);
}

static void make_arp(struct frame *f)
{
	struct ethhdr *eth = frame_ethernet(f, MAC_A, MAC_B);

	eth->h_proto = htons(ETH_P_ARP);
	frame_payload(f, 28);
}

#define PASS VERDICT_PASS
#define DROP VERDICT_DROP

static const struct {
	const char *rules;
	void (*make)(struct frame *f);
	enum verdict verdict;
} table[] = {
	/* The policy. */
	{ "", make_tcp4, PASS },
	{ "policy pass", make_arp, PASS },
	{ "policy drop", make_tcp4, DROP },
	{ "policy drop", make_arp, DROP },
	{ "policy drop", make_bad_version, DROP },
	{ "policy drop-ip", make_arp, PASS },
	{ "policy drop-ip", make_tcp4, DROP },
	{ "policy drop-ip", make_vlans_udp6, DROP },
	{ "policy drop-ip", make_three_tags, DROP },
	{ "policy drop-ip", make_bad_version, DROP },
	{ "policy drop-ip\n" MAC_A, make_arp, DROP },
	{ "policy drop-ip\n192.0.2.1 allow", make_tcp4, PASS },
	/* Ethernet addresses. */
	{ MAC_A, make_tcp4, DROP },
	{ MAC_A, make_arp, DROP },
	{ MAC_A, make_bad_version, DROP },
	{ MAC_A " dst", make_tcp4, PASS },
	{ MAC_B, make_tcp4, PASS },
	{ MAC_B " dst", make_tcp4, DROP },
	{ MAC_B " both", make_vlan_tcp4, DROP },
	{ MAC_A " allow\npolicy drop", make_arp, PASS },
	{ MAC_A " allow\n192.0.2.1 deny", make_tcp4, PASS },
	{ MAC_A " allow\n" MAC_B " dst deny", make_tcp4, PASS },
	/* IPv4. */
	{ "192.0.2.1", make_tcp4, DROP },
	{ "192.0.2.1", make_icmp4, DROP },
	{ "192.0.2.1", make_options_tcp4, DROP },
	{ "192.0.2.1", make_vlan_tcp4, DROP },
	{ "192.0.2.1", make_later_fragment, DROP },
	{ "192.0.2.1", make_tcp6, PASS },
	{ "192.0.2.1", make_arp, PASS },
	{ "192.0.2.1", make_bad_version, PASS },
	{ "192.0.2.1 dst", make_tcp4, PASS },
	{ "192.0.2.1 both", make_tcp4, DROP },
	{ "198.51.100.0/24 dst", make_tcp4, DROP },
	{ "198.51.100.0/24 both", make_tcp4, DROP },
	{ "198.51.100.0/24", make_tcp4, PASS },
	{ "0.0.0.0/0", make_tcp4, DROP },
	{ "0.0.0.0/0", make_tcp6, PASS },
	{ "192.0.2.0/24 deny\n192.0.2.1 allow", make_tcp4, PASS },
	{ "192.0.2.0/24 allow\n192.0.2.1 deny", make_tcp4, DROP },
	{ "192.0.2.0/24 deny\n192.0.2.0/25 allow\n192.0.2.0/31 deny", make_tcp4, DROP },
	{ "192.0.2.0/24 allow\n198.51.100.9 dst deny", make_tcp4, PASS },
	{ "192.0.2.0/24 allow\npolicy drop", make_tcp4, PASS },
	{ "192.0.2.2/31 allow\npolicy drop", make_tcp4, DROP },
	{ "192.0.1.255-192.0.2.1", make_tcp4, DROP },
	{ "192.0.2.0-192.0.2.2", make_tcp4, DROP },
	{ "192.0.2.2-192.0.2.9", make_tcp4, PASS },
	{ "192.0.1.0-192.0.2.0", make_tcp4, PASS },
	{ "192.0.2.0/31 allow\n192.0.2.0-192.0.2.2 deny", make_tcp4, PASS },
	{ "192.0.2.0-192.0.2.2 deny\n192.0.2.0/31 allow", make_tcp4, PASS },
	/* IPv6. */
	{ "2001:db8::1", make_tcp6, DROP },
	{ "2001:db8::1", make_vlans_udp6, DROP },
	{ "2001:db8::1", make_extended_tcp6, DROP },
	{ "2001:db8::1", make_later_fragment6, DROP },
	{ "2001:db8::1", make_nine_extensions, DROP },
	{ "2001:db8::1 dst", make_tcp6, PASS },
	{ "2001:db8:9::/48 dst", make_tcp6, DROP },
	{ "::/0 dst", make_tcp6, DROP },
	{ "::/0 dst", make_tcp4, PASS },
	{ "2001:db8::/32 deny\n2001:db8::1 allow", make_tcp6, PASS },
	{ "2001:db8::-2001:db8::1", make_tcp6, DROP },
	{ "2001:db8::2-2001:db8::8", make_tcp6, PASS },
	/* Ports. */
	{ "tcp/80", make_tcp4, DROP },
	{ "tcp/80", make_udp4, PASS },
	{ "tcp/80", make_icmp4, PASS },
	{ "tcp/80", make_tcp6, DROP },
	{ "tcp/80", make_extended_tcp6, DROP },
	{ "tcp/80", make_options_tcp4, DROP },
	{ "tcp/80", make_vlan_tcp4, DROP },
	{ "tcp/80", make_first_fragment, DROP },
	{ "tcp/80", make_tiny_fragment, DROP },
	{ "tcp/80", make_later_fragment, PASS },
	{ "tcp/80", make_later_fragment6, PASS },
	/* Where there are no ports, there is no port 0. */
	{ "tcp/0", make_icmp4, PASS },
	{ "tcp/0 both", make_later_fragment, PASS },
	{ "tcp/0 src", make_arp, PASS },
	{ "udp/80", make_udp4, DROP },
	{ "udp/80", make_vlans_udp6, DROP },
	{ "tcp/80 src", make_tcp4, PASS },
	{ "tcp/1000 src", make_tcp4, DROP },
	{ "tcp/1000 both", make_tcp4, DROP },
	{ "tcp/80 both", make_tcp4, DROP },
	{ "tcp/0-65535", make_tcp4, DROP },
	{ "tcp/81-65535", make_tcp4, PASS },
	{ "tcp/0-79", make_tcp4, PASS },
	{ "tcp/0-1023 deny\ntcp/80 allow", make_tcp4, PASS },
	{ "tcp/80 allow\ntcp/0-1023 deny", make_tcp4, PASS },
	{ "tcp/70-90 deny\ntcp/75-95 allow", make_tcp4, DROP },
	{ "tcp/80 allow\npolicy drop", make_tcp4, PASS },
	{ "tcp/80 allow\npolicy drop", make_later_fragment, DROP },
	{ "tcp/1000 src allow\ntcp/80 deny", make_tcp4, PASS },
	{ "192.0.2.1 allow\ntcp/80 deny", make_tcp4, PASS },
	/* What hides its ports, if a rule for ports denies. */
	{ "udp/80", make_nine_extensions, DROP },
	{ "udp/81", make_nine_extensions, DROP },
	{ "udp/81 allow", make_nine_extensions, PASS },
	{ "2001:db8::1 allow\nudp/81", make_nine_extensions, PASS },
	{ "tcp/80", make_cut_chain, DROP },
	{ "udp/81 src", make_cut_chain, DROP },
	{ "tcp/80", make_cut_extension, DROP },
	{ "tcp/80", make_cut_ports, DROP },
	{ "tcp/80", make_long_extension, DROP },
	{ "tcp/81 allow", make_cut_chain, PASS },
	{ "192.0.2.1", make_cut_chain, PASS },
	{ "2001:db8::1 allow\ntcp/80", make_cut_chain, PASS },
	/* What hides its addresses, if anything denies some. */
	{ "192.0.2.1", make_three_tags, DROP },
	{ "192.0.2.7", make_three_tags, DROP },
	{ "2001:db8::7 dst", make_many_tags, DROP },
	{ "tcp/80", make_three_tags, DROP },
	{ "udp/81 src", make_many_tags, DROP },
	{ "list a deny src\n192.0.2.0/24", make_three_tags, DROP },
	{ "list a allow src\n192.0.2.0/24\nlist b deny\n2001:db8::1", make_many_tags, DROP },
	{ "list a allow src\n192.0.2.0/24", make_three_tags, PASS },
	{ "192.0.2.1 allow\ntcp/80 allow", make_three_tags, PASS },
	{ MAC_B, make_three_tags, PASS },
	{ MAC_A " allow\n192.0.2.1\nlist a\n192.0.2.1", make_many_tags, PASS },
	/* Lists come after rules, in their order. */
	{ "list a deny src\n192.0.2.0/24", make_tcp4, DROP },
	{ "list a deny dst\n192.0.2.0/24", make_tcp4, PASS },
	{ "list a deny both\n198.51.100.9", make_tcp4, DROP },
	{ "list a deny src\n192.0.2.0/24", make_later_fragment, DROP },
	{ "list a deny src\n2001:db8::/64", make_tcp6, DROP },
	{ "list a deny src\n2001:db8::2", make_tcp6, PASS },
	{ "list a deny dst\n2001:db8:9::9", make_tcp6, DROP },
	{ "list a deny dst\n2001:db8:9::9", make_vlans_udp6, DROP },
	{ "list a deny both\n2001:db8:9::9", make_tcp6, DROP },
	/* Half of the source and half of the destination. */
	{ "list a deny both\n2001:db8::9", make_tcp6, PASS },
	{ "list a deny both\n2001:db8:9::1", make_tcp6, PASS },
	{ "list a deny dst\n192.0.2.1", make_tcp4, PASS },
	{ "list a deny src\n198.51.100.9", make_tcp4, PASS },
	{ "tcp/80 allow\nlist a deny\n192.0.2.1", make_tcp4, PASS },
	{ "list a allow\n192.0.2.1\nlist b deny\n192.0.2.1", make_tcp4, PASS },
	{ "list a deny\n192.0.2.1\nlist b allow\n192.0.2.1", make_tcp4, DROP },
	{ "policy drop\nlist a allow\n192.0.2.1", make_tcp4, PASS },
	{ "policy drop\nlist a allow\n192.0.2.2", make_tcp4, DROP },
};

static void test_each_kind_of_rule_decides(void **state)
{
	struct frame f, out;
	struct world w;
	enum verdict v;

	(void)state;
	world_open(&w);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		world_load(&w, table[i].rules);
		table[i].make(&f);
		if (table[i].make != make_bad_version)
			frame_finish(&f);
		v = twins_run(&w.twins, &f, &out);
		if (v != table[i].verdict)
			fail_msg("row %zu, rules '%s': verdict %d", i, table[i].rules, v);
		assert_int_equal(out.len, f.len);
		assert_memory_equal(out.bytes, f.bytes, f.len);
	}
	world_close(&w);
}

/* In tc the outer tag is beside the packet, as a rule: the verdict is that on a tag within. */
static void test_a_tag_beside_the_packet_changes_no_verdict(void **state)
{
	struct frame f, tagged, out;
	struct beside b;
	struct world w;
	int action;

	(void)state;
	world_open(&w);
	if (w.twins.tc_fd < 0)
		skip(); /* a test run of this kernel tells tc no interface */
	beside_open(&b, &w.twins);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		world_load(&w, table[i].rules);
		table[i].make(&f);
		if (table[i].make != make_bad_version)
			frame_finish(&f);
		tagged = f;
		beside_insert(&tagged, ETH_P_8021AD, 0x0fff);
		action = beside_run(&b, &f, ETH_P_8021AD, 0x0fff, &out);
		if (action != (twins_run(&w.twins, &tagged, NULL) == DROP ? TC_ACT_SHOT : -1))
			fail_msg("row %zu, rules '%s': action %d", i, table[i].rules, action);
		assert_int_equal(out.len, f.len);
		assert_memory_equal(out.bytes, f.bytes, f.len);
	}
	beside_close(&b);
	world_close(&w);
}

/* Two tags in the packet and one beside it are too many to look behind. */
static void test_addresses_behind_a_tag_beside_and_two_within_are_hidden(void **state)
{
	struct frame f, out;
	struct beside b;
	struct world w;

	(void)state;
	world_open(&w);
	if (w.twins.tc_fd < 0)
		skip(); /* a test run of this kernel tells tc no interface */
	beside_open(&b, &w.twins);
	make_vlans_udp6(&f);
	frame_finish(&f);
	world_load(&w, "2001:db8::7");
	assert_int_equal(beside_run(&b, &f, ETH_P_8021Q, 0, &out), TC_ACT_SHOT);
	assert_int_equal(twins_run(&w.twins, &f, NULL), PASS);
	world_load(&w, "2001:db8::1 allow\npolicy drop-ip");
	assert_int_equal(beside_run(&b, &f, ETH_P_8021Q, 0, &out), TC_ACT_SHOT);
	assert_int_equal(twins_run(&w.twins, &f, NULL), PASS);
	beside_close(&b);
	world_close(&w);
}

static void test_a_packet_counts_for_the_rule_that_decides(void **state)
{
	struct frame f;
	struct world w;

	(void)state;
	world_open(&w);
	world_load(&w, "192.0.2.0/24\n192.0.2.1 allow\ntcp/80");
	make_tcp4(&f);
	frame_finish(&f);
	for (int i = 0; i < 3; i++)
		twins_run_xdp(&w.twins, &f, &(struct frame){});
	assert_int_equal(world_hits(&w, 0), 0);
	assert_int_equal(world_hits(&w, 1), 3);
	assert_int_equal(world_hits(&w, 2), 0);
	/* It keeps its count when others come and go, and starts anew when it does. */
	world_load(&w, "tcp/443\n192.0.2.1 allow");
	assert_int_equal(world_hits(&w, 0), 0);
	assert_int_equal(world_hits(&w, 1), 3);
	world_load(&w, "192.0.2.1 deny");
	assert_int_equal(world_hits(&w, 0), 0);
	world_close(&w);
}

/* Also where a rule that allows is all there is, in any table. */
static void test_packets_and_bytes_are_counted_in_each_table(void **state)
{
	static const char *const rules[] = {
		MAC_A " allow",       MAC_B " dst allow",       "192.0.2.1 allow",
		"tcp/1000 src allow", "198.51.100.9 dst allow", "tcp/80 dst allow",
	};
	struct frame f;
	struct world w;

	(void)state;
	make_tcp4(&f);
	frame_finish(&f);
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		__u64 packets = 0, bytes = 0;
		int fd;

		world_open(&w);
		if (w.twins.tc_fd < 0)
			skip();
		world_load(&w, rules[i]);
		assert_int_equal(twins_run_xdp(&w.twins, &f, &(struct frame){}), XDP_PASS);
		assert_int_equal(twins_run_tc(&w.twins, &f, &(struct frame){}), TC_ACT_UNSPEC);
		fd = twins_map(&w.twins, ACL_RULE_HITS);
		for (__u32 number = 0; number < 4; number++) {
			packets += map_sum(fd, number, 0);
			bytes += map_sum(fd, number, 8);
		}
		assert_int_equal(packets, 2);
		assert_int_equal(bytes, 2 * f.len);
		world_close(&w);
	}
}

/* Cut anywhere: the twins agree, and where an address is there, rules for it decide. */
static void test_a_packet_cut_at_any_length_gets_what_its_headers_get(void **state)
{
	static const struct {
		void (*make)(struct frame *f);
		const char *rules;
		size_t from; /* so long a packet is dropped */
	} cuts[] = {
		{ make_tcp4, MAC_A, 14 },
		{ make_tcp4, "192.0.2.1", 14 + 20 },
		{ make_tcp4, "198.51.100.9 dst", 14 + 20 },
		{ make_vlan_tcp4, "192.0.2.1", 18 + 20 },
		{ make_tcp6, "2001:db8::1", 14 + 40 },
		{ make_vlans_udp6, "2001:db8:9::9 dst", 22 + 40 },
		{ make_tcp4, "list a\n192.0.2.1", 14 + 20 },
		{ make_tcp6, "list a\n2001:db8::1", 14 + 40 },
		{ make_tcp4, "tcp/80", 14 + 20 + 20 },
		{ make_tcp4, "policy drop", 0 },
		{ make_tcp4, "policy drop-ip", 0 },
	};
	struct world w;

	(void)state;
	world_open(&w);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		struct frame f;

		world_load(&w, cuts[i].rules);
		cuts[i].make(&f);
		frame_finish(&f);
		for (; f.len >= 14; f.len--) {
			enum verdict v = twins_run(&w.twins, &f, NULL);

			if (v != (f.len >= cuts[i].from ? VERDICT_DROP : VERDICT_PASS))
				fail_msg("cut %zu, rules '%s', %zu bytes: verdict %d", i,
				         cuts[i].rules, f.len, v);
		}
	}
	world_close(&w);
}

/* Headers that go on in the second buffer of a packet, which the program does not read. */
static void test_ports_in_another_buffer_are_hidden(void **state)
{
	struct twins second = {};
	struct frame f, out;
	struct world w;

	(void)state;
	world_open(&w);
	second.xdp_fd = w.twins.frags_fd;
	frame_ethernet(&f, MAC_A, MAC_B);
	frame_ip6(&f, "2001:db8::1", "2001:db8:9::9");
	frame_extension(&f, IPPROTO_DSTOPTS, 2048);
	frame_extension(&f, IPPROTO_DSTOPTS, 1600);
	frame_tcp(&f, 1000, 80);
	frame_payload(&f, 100);
	frame_finish(&f);
	if (w.twins.frags) {
		world_load(&w, "tcp/81 src allow");
		assert_int_equal(twins_run_xdp(&second, &f, &out), XDP_PASS);
		world_load(&w, "tcp/80");
		assert_int_equal(twins_run_xdp(&second, &f, &out), XDP_DROP);
		world_load(&w, "2001:db8::1 allow\ntcp/80");
		assert_int_equal(twins_run_xdp(&second, &f, &out), XDP_PASS);
	}
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind_of_rule_decides),
		cmocka_unit_test(test_a_tag_beside_the_packet_changes_no_verdict),
		cmocka_unit_test(test_addresses_behind_a_tag_beside_and_two_within_are_hidden),
		cmocka_unit_test(test_a_packet_counts_for_the_rule_that_decides),
		cmocka_unit_test(test_packets_and_bytes_are_counted_in_each_table),
		cmocka_unit_test(test_a_packet_cut_at_any_length_gets_what_its_headers_get),
		cmocka_unit_test(test_ports_in_another_buffer_are_hidden),
	};

	return cmocka_run_group_tests_name("acl", tests, NULL, NULL);
}
