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

/* Name the address to send from, whoever the neighbour is: flags since Linux 6.7 and 6.3. */
#define ECHO_FIB_SOURCE ((1U << 4) | (1U << 2))

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

static __always_inline int echo_is_same6(const struct in6_addr *a, const struct in6_addr *b)
{
	const __be32 *x = a->in6_u.u6_addr32, *y = b->in6_u.u6_addr32;

	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]));
}

/*
 * A whole request from one host to another. Options and extension headers are for the host: they
 * may ask for more than an echo. Broadcasts to a subnet show in the Ethernet address. What claims
 * to come from the address that it asks is forged.
 */
static __always_inline int echo_is_request(const struct packet *p)
{
	if (!p->icmp || p->fragment != FRAGMENT_NONE || p->icmp->icmp6_code ||
	    (p->eth->h_dest[0] | p->eth->h_source[0]) & 1)
		return 0;
	if (p->ip4)
		return p->icmp->icmp6_type == ECHO_ICMP_REQUEST && p->ip4->ihl == 5 &&
		       checksum_is_whole4(p->ip4) && echo_is_unicast4(p->ip4->saddr) &&
		       echo_is_unicast4(p->ip4->daddr) && p->ip4->saddr != p->ip4->daddr;
	return p->ip6 && p->icmp->icmp6_type == ICMPV6_ECHO_REQUEST &&
	       p->ip6->nexthdr == IPPROTO_ICMPV6 && echo_is_unicast6(&p->ip6->saddr) &&
	       echo_is_unicast6(&p->ip6->daddr) && !echo_is_same6(&p->ip6->saddr, &p->ip6->daddr);
}

static __always_inline void echo_prepare(struct bpf_fib_lookup *fib, __u32 ifindex,
                                         const struct packet *p)
{
	__builtin_memset(fib, 0, sizeof(*fib));
	fib->family = p->ip4 ? ECHO_AF_INET : ECHO_AF_INET6;
	fib->ifindex = ifindex;
}

enum echo_source {
	ECHO_NO_WAY, /* or a broadcast, the host itself, or a kernel that cannot tell */
	ECHO_ANOTHER,
	ECHO_ASKED,
};

/* What the host sends from to that address: what is asked, or another address of it. */
static __always_inline enum echo_source echo_source4(void *ctx, __u32 ifindex,
                                                     const struct packet *p, __be32 to)
{
	struct bpf_fib_lookup fib;

	echo_prepare(&fib, ifindex, p);
	fib.ipv4_dst = to;
	if (bpf_fib_lookup(ctx, &fib, sizeof(fib), ECHO_FIB_SOURCE))
		return ECHO_NO_WAY;
	return fib.ipv4_src == p->ip4->daddr ? ECHO_ASKED : ECHO_ANOTHER;
}

static __always_inline enum echo_source echo_source6(void *ctx, __u32 ifindex,
                                                     const struct packet *p,
                                                     const struct in6_addr *to, __be32 differing)
{
	struct bpf_fib_lookup fib;

	echo_prepare(&fib, ifindex, p);
	*(struct in6_addr *)fib.ipv6_dst = *to;
	fib.ipv6_dst[3] ^= differing;
	if (bpf_fib_lookup(ctx, &fib, sizeof(fib), ECHO_FIB_SOURCE))
		return ECHO_NO_WAY;
	return echo_is_same6((struct in6_addr *)fib.ipv6_src, &p->ip6->daddr) ? ECHO_ASKED
	                                                                      : ECHO_ANOTHER;
}

/*
 * A host that forwards nothing gets by Ethernet only what is meant for it. A router answers for
 * itself alone, and that the FIB knows no way for an address does not make it the router's own:
 * nobody may have it, or it is a broadcast. What the router sends from is its own: to who asks,
 * or to a neighbour of what is asked. A kernel that cannot tell refuses the flags.
 */
static __always_inline int echo_is_for_host(void *ctx, __u32 ifindex, const struct packet *p)
{
	__be32 neighbour = bpf_htonl(3); /* in the same network if that has four addresses */
	enum echo_source source = ECHO_NO_WAY;
	struct bpf_fib_lookup fib;

	/* Without addresses: those of a link say nothing about forwarding. */
	echo_prepare(&fib, ifindex, p);
	if (bpf_fib_lookup(ctx, &fib, sizeof(fib), 0) == BPF_FIB_LKUP_RET_FWD_DISABLED)
		return 1;
	if (p->ip4) {
		source = echo_source4(ctx, ifindex, p, p->ip4->saddr);
		if (source == ECHO_ANOTHER)
			source = echo_source4(ctx, ifindex, p, p->ip4->daddr ^ neighbour);
	} else if (p->ip6) {
		source = echo_source6(ctx, ifindex, p, &p->ip6->saddr, 0);
		if (source == ECHO_ANOTHER)
			source = echo_source6(ctx, ifindex, p, &p->ip6->daddr, neighbour);
	}
	return source == ECHO_ASKED;
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
	__u16 check;

	ip->daddr = ip->saddr;
	ip->saddr = address;
	ip->check = checksum_update(ip->check, checksum_change16(0, bpf_htons(ip->ttl << 8),
	                                                         bpf_htons(ECHO_HOPS << 8)));
	ip->ttl = ECHO_HOPS;
	check = checksum_update(icmp->icmp6_cksum,
	                        checksum_change16(0, bpf_htons(ECHO_ICMP_REQUEST << 8),
	                                          bpf_htons(ECHO_ICMP_REPLY << 8)));
	/* An answer can be all zeros, whose sum is 0; of any other both are right. */
	icmp->icmp6_cksum = check ? check : 0xffff;
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
