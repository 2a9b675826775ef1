/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a packet goes: what the XDP and the tc program that forward share. The FIB of the kernel
 * decides; in front of it lies a cache of its answers, direct-mapped and per CPU, which forgets
 * each of them after a time.
 */
#ifndef FORWARD_BPF_H
#define FORWARD_BPF_H

#include "checksum.bpf.h"
#include "compat/maps.bpf.h"
#include "forward.h"
#include "parse.bpf.h"

#define FORWARD_AF_INET  2
#define FORWARD_AF_INET6 10

/* Route by the mark as well, which takes the place of the answer's source: since Linux 6.10. */
#define FORWARD_FIB_MARK (1U << 5)

BPF_MAP(forward_setup, BPF_MAP_TYPE_ARRAY, __u32, struct forward_settings, 1)
MAP_CONFIG;
BPF_MAP(forward_exclude, BPF_MAP_TYPE_HASH, __u32, __u32, FORWARD_EXCLUDE_MAX)
MAP_CONFIG;
BPF_MAP(forward_count, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64, FORWARD_REASONS)
MAP_COUNTER;
BPF_MAP(forward_cache4, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct forward_entry4,
        FORWARD_CACHE4_ENTRIES)
MAP_FLOW;
BPF_MAP(forward_cache6, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct forward_entry6,
        FORWARD_CACHE6_ENTRIES)
MAP_FLOW;

/*
 * Keep what the parser found in memory. Else the compiler keeps it in registers, of which BPF has
 * so few that each branch of the parser costs more to save and restore than to take.
 */
#define FORWARD_IN_MEMORY(what) asm volatile("" : : "r"(&(what)) : "memory")

/* Count what became of a packet; returns whether it is sent on. */
static __always_inline int forward_is_sent(enum forward_reason reason)
{
	__u32 slot = reason;
	__u64 *count = bpf_map_lookup_elem(&forward_count, &slot);

	if (count)
		(*count)++;
	return reason <= FORWARD_CACHED;
}

/* Not to be forwarded by the rules for addresses, as source or as destination. */
static __always_inline int forward_is_special4(__be32 address)
{
	__u32 a = bpf_ntohl(address), first = a >> 24;

	return first == 0 || first == 127 || first >= 224 || a >> 16 == 0xa9fe;
}

/* Multicast, link-local, and all that begins with 64 zeros: unspecified, loopback, mapped. */
static __always_inline int forward_is_special6(const struct in6_addr *address)
{
	__u32 first = bpf_ntohl(address->in6_u.u6_addr32[0]);

	return first >> 24 == 0xff || first >> 22 == 0x3fa ||
	       (!first && !address->in6_u.u6_addr32[1]);
}

/* What can be said without a route: FORWARD_LOOKED_UP if nothing is against it. */
static __always_inline enum forward_reason forward_check(const struct packet *p,
                                                         enum parse_status status)
{
	if (p->vlans)
		return FORWARD_VLAN;
	if (status != PARSE_OK)
		return FORWARD_MALFORMED;
	if (p->eth->h_dest[0] & 1)
		return FORWARD_OTHER_HOST;
	if (p->ip4) {
		if (p->ip4->ihl != 5)
			return FORWARD_OPTIONS;
		if (!checksum_is_whole4(p->ip4))
			return FORWARD_MALFORMED;
		if (forward_is_special4(p->ip4->daddr) || forward_is_special4(p->ip4->saddr))
			return FORWARD_ADDRESS;
		return p->ip4->ttl <= 1 ? FORWARD_TTL : FORWARD_LOOKED_UP;
	}
	if (p->ip6) {
		if (p->ip6->nexthdr == IPPROTO_HOPOPTS)
			return FORWARD_OPTIONS;
		if (forward_is_special6(&p->ip6->daddr) || forward_is_special6(&p->ip6->saddr))
			return FORWARD_ADDRESS;
		return p->ip6->hop_limit <= 1 ? FORWARD_TTL : FORWARD_LOOKED_UP;
	}
	return FORWARD_NOT_IP;
}

static __always_inline enum forward_reason forward_reason_of(long fib)
{
	switch (fib) {
	case BPF_FIB_LKUP_RET_SUCCESS: return FORWARD_LOOKED_UP;
	case BPF_FIB_LKUP_RET_BLACKHOLE: return FORWARD_BLACKHOLE;
	case BPF_FIB_LKUP_RET_UNREACHABLE: return FORWARD_UNREACHABLE;
	case BPF_FIB_LKUP_RET_PROHIBIT: return FORWARD_PROHIBIT;
	case BPF_FIB_LKUP_RET_NOT_FWDED: return FORWARD_LOCAL;
	case BPF_FIB_LKUP_RET_FWD_DISABLED: return FORWARD_DISABLED;
	case BPF_FIB_LKUP_RET_UNSUPP_LWT: return FORWARD_ENCAPSULATED;
	case BPF_FIB_LKUP_RET_NO_NEIGH: return FORWARD_NO_NEIGHBOUR;
	case BPF_FIB_LKUP_RET_FRAG_NEEDED: return FORWARD_FRAG_NEEDED;
	default: return FORWARD_FAILED;
	}
}

/*
 * Ask the FIB. ip_len: the length to compare with the MTU. A kernel that cannot take the mark into
 * account refuses the flag, which is a failure. What is forgotten while it is asked stays so.
 */
static __always_inline enum forward_reason forward_ask(void *ctx,
                                                       const struct forward_settings *setup,
                                                       struct bpf_fib_lookup *fib, __u16 ip_len,
                                                       __u32 mark, struct forward_hop *hop)
{
	enum forward_reason reason;
	__u32 flags = 0;

	hop->generation = setup->generation;
	fib->tot_len = ip_len;
	if (mark) {
		flags = FORWARD_FIB_MARK;
		__builtin_memcpy(fib->smac, &mark, sizeof(mark));
	}
	reason = forward_reason_of(bpf_fib_lookup(ctx, fib, sizeof(*fib), flags));
	if (reason != FORWARD_LOOKED_UP)
		return reason;
	if (setup->excludes && bpf_map_lookup_elem(&forward_exclude, &fib->ifindex))
		return FORWARD_EXCLUDED;
	hop->ifindex = fib->ifindex;
	__builtin_memcpy(hop->source, fib->smac, 2 * sizeof(hop->source));
	/* Kernels before 5.14 leave the length of this packet here, which the MTU allows too. */
	hop->mtu = fib->mtu_result;
	return FORWARD_LOOKED_UP;
}

/* The cached answer may be used for a packet of that length. */
static __always_inline int forward_is_fresh(const struct forward_hop *hop,
                                            const struct forward_settings *setup, __u64 now,
                                            __u16 ip_len)
{
	return now - hop->jiffies < setup->cache_jiffies && hop->generation == setup->generation &&
	       ip_len <= hop->mtu && hop->ifindex;
}

/* Any good mixing of 64 bits: what collides only costs another lookup. */
static __always_inline __u64 forward_mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 32);
}

/* Two fields of a key, as they lie in it. */
static __always_inline __u64 forward_word(__u32 first, __u32 second)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return first | (__u64)second << 32;
#else
	return (__u64)first << 32 | second;
#endif
}

static __always_inline __u32 forward_ports(const struct packet *p)
{
	return p->fragment == FRAGMENT_NONE ? *(const __u32 *)&p->sport : 0;
}

/* Note what the FIB said in an entry of the cache. */
static __always_inline void forward_note(struct forward_hop *entry, const struct forward_hop *hop,
                                         __u64 now)
{
	entry->jiffies = now;
	entry->generation = hop->generation;
	entry->ifindex = hop->ifindex;
	entry->mtu = hop->mtu;
	__builtin_memcpy(entry->source, hop->source, 2 * sizeof(hop->source));
}

static __always_inline enum forward_reason forward_find4(void *ctx, const struct packet *p,
                                                         __u32 ifindex, __u16 ip_len, __u32 mark,
                                                         const struct forward_settings *setup,
                                                         struct forward_hop *hop)
{
	const struct iphdr *ip = p->ip4;
	__u32 ports = forward_ports(p), slot;
	struct forward_entry4 *entry = NULL;
	struct bpf_fib_lookup fib = {};
	__u64 words[FORWARD_KEY4_WORDS], now = 0, hash = 0, differ = 0;
	enum forward_reason reason;
	__u8 tos = ip->tos & 0xfc;

	if (setup->cache_jiffies && !mark) {
		words[0] = forward_word(ip->saddr, ip->daddr);
		words[1] = forward_word(ports, ifindex);
		words[2] = forward_word(bpf_htonl(ip->protocol << 24 | tos << 16), 0);
#pragma unroll
		for (int i = 0; i < FORWARD_KEY4_WORDS; i++)
			hash = forward_mix(hash, words[i]);
		slot = hash & (FORWARD_CACHE4_ENTRIES - 1);
		entry = bpf_map_lookup_elem(&forward_cache4, &slot);
	}
	if (entry) {
		now = bpf_jiffies64();
#pragma unroll
		for (int i = 0; i < FORWARD_KEY4_WORDS; i++)
			differ |= entry->words[i] ^ words[i];
		if (!differ && forward_is_fresh(&entry->hop, setup, now, ip_len)) {
			*hop = entry->hop;
			return FORWARD_CACHED;
		}
	}
	fib.family = FORWARD_AF_INET;
	fib.ifindex = ifindex;
	fib.ipv4_src = ip->saddr;
	fib.ipv4_dst = ip->daddr;
	fib.tos = tos;
	fib.l4_protocol = ip->protocol;
	*(__u32 *)&fib.sport = ports;
	reason = forward_ask(ctx, setup, &fib, ip_len, mark, hop);
	if (reason == FORWARD_LOOKED_UP && entry) {
		__builtin_memcpy(entry->words, words, sizeof(words));
		forward_note(&entry->hop, hop, now);
	}
	return reason;
}

static __always_inline enum forward_reason forward_find6(void *ctx, const struct packet *p,
                                                         __u32 ifindex, __u16 ip_len, __u32 mark,
                                                         const struct forward_settings *setup,
                                                         struct forward_hop *hop)
{
	const struct ipv6hdr *ip = p->ip6;
	const __u32 *source = ip->saddr.in6_u.u6_addr32;
	const __u32 *destination = ip->daddr.in6_u.u6_addr32;
	__u32 ports = forward_ports(p), slot;
	__be32 flowinfo = *(const __be32 *)ip & bpf_htonl(0x0fcfffff);
	struct forward_entry6 *entry = NULL;
	struct bpf_fib_lookup fib = {};
	__u64 words[FORWARD_KEY6_WORDS], now = 0, hash = 0, differ = 0;
	enum forward_reason reason;

	if (setup->cache_jiffies && !mark) {
		words[0] = forward_word(source[0], source[1]);
		words[1] = forward_word(source[2], source[3]);
		words[2] = forward_word(destination[0], destination[1]);
		words[3] = forward_word(destination[2], destination[3]);
		words[4] = forward_word(ports, ifindex);
		words[5] = forward_word(flowinfo, bpf_htonl(p->l4_protocol << 24));
#pragma unroll
		for (int i = 0; i < FORWARD_KEY6_WORDS; i++)
			hash = forward_mix(hash, words[i]);
		slot = hash & (FORWARD_CACHE6_ENTRIES - 1);
		entry = bpf_map_lookup_elem(&forward_cache6, &slot);
	}
	if (entry) {
		now = bpf_jiffies64();
#pragma unroll
		for (int i = 0; i < FORWARD_KEY6_WORDS; i++)
			differ |= entry->words[i] ^ words[i];
		if (!differ && forward_is_fresh(&entry->hop, setup, now, ip_len)) {
			*hop = entry->hop;
			return FORWARD_CACHED;
		}
	}
	fib.family = FORWARD_AF_INET6;
	fib.ifindex = ifindex;
	__builtin_memcpy(fib.ipv6_src, source, sizeof(fib.ipv6_src));
	__builtin_memcpy(fib.ipv6_dst, destination, sizeof(fib.ipv6_dst));
	fib.flowinfo = flowinfo;
	fib.l4_protocol = p->l4_protocol;
	*(__u32 *)&fib.sport = ports;
	reason = forward_ask(ctx, setup, &fib, ip_len, mark, hop);
	if (reason == FORWARD_LOOKED_UP && entry) {
		__builtin_memcpy(entry->words, words, sizeof(words));
		forward_note(&entry->hop, hop, now);
	}
	return reason;
}

/* The length of the IP packet; checked by the parser, so it fits. */
static __always_inline __u32 forward_ip_len(const struct packet *p)
{
	if (p->ip4)
		return bpf_ntohs(p->ip4->tot_len);
	return p->ip6 ? bpf_ntohs(p->ip6->payload_len) + sizeof(*p->ip6) : 0;
}

/* The next hop of a packet that passed forward_check(). One with a mark is not for the cache. */
static __always_inline enum forward_reason forward_find(void *ctx, const struct packet *p,
                                                        __u32 ifindex, __u32 ip_len, __u32 mark,
                                                        struct forward_hop *hop)
{
	__u32 zero = 0;
	const struct forward_settings *setup = bpf_map_lookup_elem(&forward_setup, &zero);

	if (!setup)
		return FORWARD_FAILED;
	/* The FIB would read 0 as "do not compare". */
	if (!ip_len || ip_len > 0xffff)
		return FORWARD_FRAG_NEEDED;
	if (p->ip4)
		return forward_find4(ctx, p, ifindex, ip_len, mark, setup, hop);
	if (p->ip6)
		return forward_find6(ctx, p, ifindex, ip_len, mark, setup, hop);
	return FORWARD_NOT_IP;
}

/*
 * How long a frame has to be: one that is longer has something behind the IP packet, which counts
 * for the MTU where it is sent. Frames that Ethernet fills up to its least length stay.
 */
static __always_inline __u32 forward_frame_len(const struct packet *p)
{
	__u32 len = ETH_HLEN + forward_ip_len(p);

	return len < ETH_ZLEN ? ETH_ZLEN : len;
}

/* In units of 16 bits, to which Ethernet headers are aligned everywhere. */
static __always_inline void forward_write_ethernet(struct ethhdr *eth,
                                                   const struct forward_hop *hop)
{
	const __u16 *source = (const __u16 *)hop->source;
	const __u16 *destination = (const __u16 *)hop->destination;
	__u16 *to = (__u16 *)eth;

#pragma unroll
	for (int i = 0; i < ETH_ALEN / 2; i++) {
		to[i] = destination[i];
		to[i + ETH_ALEN / 2] = source[i];
	}
}

/* One off the TTL, and its share of the checksum (RFC 1624). */
static __always_inline void forward_decrease_ttl(struct iphdr *ip)
{
	__u32 check = ip->check;

	check += bpf_htons(0x0100);
	ip->check = (__sum16)(check + (check >= 0xffff));
	ip->ttl--;
}

#endif
