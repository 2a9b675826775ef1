/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests for an echo (ping), and how a packet with one becomes the answer. */
#ifndef ECHO_BPF_H
#define ECHO_BPF_H

#include <linux/bpf.h>
#include "checksum.bpf.h"
#include "parse.bpf.h"

#define ECHO_HOPS 64 /* what hosts set: net.ipv4.ip_default_ttl, net.ipv6.conf.*.hop_limit */

/* <linux/icmp.h> and <linux/socket.h> do not compile for BPF. */
#define ECHO_ICMP_REPLY   0
#define ECHO_ICMP_REQUEST 8
#define ECHO_AF_INET      2
#define ECHO_AF_INET6     10

/* Neither of "this network", loopback, multicast, reserved, nor the broadcast to all. */
static __always_inline int echo_is_unicast4(__be32 address)
{
	__u8 first = bpf_ntohl(address) >> 24;

	return first != 0 && first != 127 && first < 224;
}

/* Neither multicast, unspecified nor loopback. */
static __always_inline int echo_is_unicast6(const struct in6_addr *address)
{
	const __be32 *word = address->in6_u.u6_addr32;

	return address->in6_u.u6_addr8[0] != 0xff &&
	       (word[0] | word[1] | word[2] || bpf_ntohl(word[3]) > 1);
}

/*
 * A whole request from one host to one host. Options and extension headers are for the host: they
 * may ask for more than an echo. Broadcasts to a subnet show in the Ethernet address.
 */
static __always_inline int echo_is_request(const struct packet *p)
{
	if (!p->icmp || p->fragment != FRAGMENT_NONE || p->icmp->icmp6_code ||
	    (p->eth->h_dest[0] | p->eth->h_source[0]) & 1)
		return 0;
	if (p->ip4)
		return p->icmp->icmp6_type == ECHO_ICMP_REQUEST && p->ip4->ihl == 5 &&
		       echo_is_unicast4(p->ip4->saddr) && echo_is_unicast4(p->ip4->daddr);
	return p->ip6 && p->icmp->icmp6_type == ICMPV6_ECHO_REQUEST &&
	       p->ip6->nexthdr == IPPROTO_ICMPV6 && echo_is_unicast6(&p->ip6->saddr) &&
	       echo_is_unicast6(&p->ip6->daddr);
}

/*
 * A router answers for itself alone: what it would forward, or knows no way for, is not its own.
 * A host that forwards nothing gets by Ethernet only what is meant for it.
 */
static __always_inline int echo_is_for_host(void *ctx, __u32 ifindex, const struct packet *p)
{
	struct bpf_fib_lookup to = { .ifindex = ifindex };
	long found;

	if (p->ip4) {
		to.family = ECHO_AF_INET;
		to.ipv4_src = p->ip4->saddr;
		to.ipv4_dst = p->ip4->daddr;
	} else if (p->ip6) {
		to.family = ECHO_AF_INET6;
		*(struct in6_addr *)to.ipv6_src = p->ip6->saddr;
		*(struct in6_addr *)to.ipv6_dst = p->ip6->daddr;
	}
	found = bpf_fib_lookup(ctx, &to, sizeof(to), 0);
	return found == BPF_FIB_LKUP_RET_NOT_FWDED || found == BPF_FIB_LKUP_RET_FWD_DISABLED;
}

static __always_inline void echo_swap_ethernet(struct ethhdr *eth)
{
	__u8 address[ETH_ALEN];

	__builtin_memcpy(address, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, address, ETH_ALEN);
}

static __always_inline void echo_answer4(struct iphdr *ip, struct icmp6hdr *icmp)
{
	__be32 address = ip->daddr;

	ip->daddr = ip->saddr;
	ip->saddr = address;
	ip->check = checksum_update(ip->check, checksum_change16(0, bpf_htons(ip->ttl << 8),
	                                                         bpf_htons(ECHO_HOPS << 8)));
	ip->ttl = ECHO_HOPS;
	icmp->icmp6_cksum = checksum_update(icmp->icmp6_cksum,
	                                    checksum_change16(0, bpf_htons(ECHO_ICMP_REQUEST << 8),
	                                                      bpf_htons(ECHO_ICMP_REPLY << 8)));
	icmp->icmp6_type = ECHO_ICMP_REPLY;
}

static __always_inline void echo_answer6(struct ipv6hdr *ip, struct icmp6hdr *icmp)
{
	struct in6_addr address = ip->daddr;

	ip->daddr = ip->saddr;
	ip->saddr = address;
	ip->hop_limit = ECHO_HOPS;
	icmp->icmp6_cksum = checksum_update(
		icmp->icmp6_cksum, checksum_change16(0, bpf_htons(ICMPV6_ECHO_REQUEST << 8),
	                                             bpf_htons(ICMPV6_ECHO_REPLY << 8)));
	icmp->icmp6_type = ICMPV6_ECHO_REPLY;
}

/* Make the request its answer; addresses that trade places leave the sums as they are. */
static __always_inline void echo_answer(struct packet *p)
{
	echo_swap_ethernet(p->eth);
	if (p->ip4)
		echo_answer4(p->ip4, p->icmp);
	else if (p->ip6)
		echo_answer6(p->ip6, p->icmp);
}

#endif
