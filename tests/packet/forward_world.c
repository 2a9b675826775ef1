// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <netinet/ether.h>
#include <sched.h>
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

int forward_world_make(void **state)
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

void forward_world_open(struct twins *t)
{
	twins_open(t, "forward");
	twins_move(t, world_ifindex("in0"));
}

void forward_world_set(const struct twins *t, const struct forward_settings *setup)
{
	const __u32 zero = 0;
	int fd = twins_map(t, FORWARD_SETTINGS_MAP);

	assert_int_equal(bpf_map_update_elem(fd, &zero, setup, BPF_ANY), 0);
}

__u64 forward_world_counted(const struct twins *t, enum forward_reason reason)
{
	return map_sum(twins_map(t, FORWARD_COUNT_MAP), reason, 0);
}

static bool is_ip6(const struct forward_row *row)
{
	return strchr(row->from, ':') != NULL;
}

void forward_packet(struct frame *f, const struct forward_row *row)
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

void forward_trim(struct frame *f)
{
	struct headers h;
	size_t len;

	headers_find(&h, f->bytes, f->len);
	len = ETH_HLEN +
	      (h.ip4 ? ntohs(h.ip4->tot_len) : ntohs(h.ip6->payload_len) + sizeof(struct ipv6hdr));
	if (len < ETH_ZLEN)
		len = ETH_ZLEN;
	if (f->len > len)
		f->len = len;
}

void forward_by_hand(struct frame *f, const char *hop)
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
	forward_trim(f);
}

void forward_expect(const struct twins *t, const struct frame *f, enum forward_reason reason,
                    const char *hop, const char *name)
{
	bool sent = reason == FORWARD_LOOKED_UP || reason == FORWARD_CACHED;
	__u64 before = forward_world_counted(t, reason), times;
	struct frame out, wanted = *f;

	if (sent)
		forward_by_hand(&wanted, hop);
	if (twins_run(t, f, &out) != (sent ? VERDICT_SEND : VERDICT_PASS))
		fail_msg("%s: another verdict", name);
	times = forward_world_counted(t, reason) - before;
	if (times != (twins_tc_takes(f) ? 3 : 2))
		fail_msg("%s: counted %llu times as reason %d", name, (unsigned long long)times,
		         reason);
	if (out.len != wanted.len || memcmp(out.bytes, wanted.bytes, out.len) != 0)
		fail_msg("%s: another frame", name);
	if (checksums_check(out.bytes, out.len))
		fail_msg("%s: wrong %s", name, checksums_check(out.bytes, out.len));
}
