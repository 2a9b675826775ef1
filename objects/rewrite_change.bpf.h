/* SPDX-License-Identifier: GPL-2.0-only */
/* What a rule does to a packet, but for what changes its length. */
#ifndef REWRITE_CHANGE_BPF_H
#define REWRITE_CHANGE_BPF_H

#include <stddef.h>
#include "checksum.bpf.h"
#include "rewrite.bpf.h"

/* More than offsets can be: a packet with its headers behind this is not changed. */
#define REWRITE_IP_MASK 0x1f
#define REWRITE_L4_MASK 0x7fff

/* What happened to the numbers that the checksum of TCP, UDP or ICMPv6 covers. */
struct rewrite_change {
	__u64 addresses;
	__u64 ports;
};

static __always_inline void rewrite_addresses4(struct iphdr *ip, const struct rewrite_rule *rule,
                                               struct rewrite_change *change)
{
	__be32 address;

	if (rule->actions & REWRITE_SET_SADDR) {
		address = *(__be32 *)rule->saddr;
		change->addresses = checksum_change32(change->addresses, ip->saddr, address);
		ip->saddr = address;
	}
	if (rule->actions & REWRITE_SET_DADDR) {
		address = *(__be32 *)rule->daddr;
		change->addresses = checksum_change32(change->addresses, ip->daddr, address);
		ip->daddr = address;
	}
	ip->check = checksum_update(ip->check, change->addresses);
}

static __always_inline void rewrite_address6(struct in6_addr *address, const __u8 *as,
                                             struct rewrite_change *change)
{
	const struct in6_addr *new = (const struct in6_addr *)as;

	for (int i = 0; i < 4; i++)
		change->addresses = checksum_change32(
			change->addresses, address->in6_u.u6_addr32[i], new->in6_u.u6_addr32[i]);
	*address = *new;
}

static __always_inline void rewrite_ports(__be16 *source, __be16 *destination,
                                          const struct rewrite_rule *rule,
                                          struct rewrite_change *change)
{
	if (rule->actions & REWRITE_SET_SPORT) {
		change->ports = checksum_change16(change->ports, *source, rule->sport);
		*source = rule->sport;
	}
	if (rule->actions & REWRITE_SET_DPORT) {
		change->ports = checksum_change16(change->ports, *destination, rule->dport);
		*destination = rule->dport;
	}
}

/* The tag that stands in the packet. Its priority stays. */
static __always_inline void rewrite_tag(struct ethhdr *eth, void *end,
                                        const struct rewrite_rule *rule)
{
	struct vlan_tag *tag = (void *)(eth + 1);

	if ((void *)(tag + 1) > end)
		return;
	tag->tci =
		(tag->tci & bpf_htons(~REWRITE_VLAN_ID)) | bpf_htons(rule->tci & REWRITE_VLAN_ID);
}

static __always_inline void rewrite_ethernet(void *data, void *end, const struct rewrite_rule *rule,
                                             int tag_in_packet)
{
	struct ethhdr *eth = data;

	if ((void *)(eth + 1) > end)
		return;
	if (rule->actions & REWRITE_SET_SMAC)
		__builtin_memcpy(eth->h_source, rule->smac, ETH_ALEN);
	if (rule->actions & REWRITE_SET_DMAC)
		__builtin_memcpy(eth->h_dest, rule->dmac, ETH_ALEN);
	if (rule->actions & REWRITE_SET_VLAN && tag_in_packet)
		rewrite_tag(eth, end, rule);
}

static __always_inline void rewrite_ip(const struct rewrite_packet *d, void *data, void *end,
                                       const struct rewrite_rule *rule,
                                       struct rewrite_change *change)
{
	struct iphdr *ip4 = data + (d->ip & REWRITE_IP_MASK);
	struct ipv6hdr *ip6 = data + (d->ip & REWRITE_IP_MASK);

	if (d->all.key.family == 4) {
		if ((void *)(ip4 + 1) <= end)
			rewrite_addresses4(ip4, rule, change);
	} else if (d->all.key.family == 6 && (void *)(ip6 + 1) <= end) {
		if (rule->actions & REWRITE_SET_SADDR)
			rewrite_address6(&ip6->saddr, rule->saddr, change);
		if (rule->actions & REWRITE_SET_DADDR)
			rewrite_address6(&ip6->daddr, rule->daddr, change);
	}
}

/* Ports stand in the same place in TCP and UDP, and a rule that sets them is for these. */
static __always_inline void rewrite_l4(const struct rewrite_packet *d, void *data, void *end,
                                       const struct rewrite_rule *rule,
                                       struct rewrite_change *change)
{
	__be16 *ports = data + (d->l4 & REWRITE_L4_MASK);

	if (!d->l4 || (void *)(ports + 2) > end || d->all.key.protocol == IPPROTO_ICMPV6)
		return;
	rewrite_ports(&ports[0], &ports[1], rule, change);
}

/*
 * Change addresses, ports, and the id of the tag if it stands in the packet. The checksum of IPv4
 * is right afterwards; that of what is in it needs *change.
 */
static __always_inline void rewrite_headers(const struct rewrite_packet *d, void *data, void *end,
                                            const struct rewrite_rule *rule, int tag_in_packet,
                                            struct rewrite_change *change)
{
	change->addresses = change->ports = 0;
	rewrite_ethernet(data, end, rule, tag_in_packet);
	rewrite_ip(d, data, end, rule, change);
	rewrite_l4(d, data, end, rule, change);
}

/* Offset of the checksum in its header. */
static __always_inline __u32 rewrite_checksum_place(const struct rewrite_packet *d)
{
	switch (d->all.key.protocol) {
	case IPPROTO_TCP: return offsetof(struct tcphdr, check);
	case IPPROTO_UDP: return offsetof(struct udphdr, check);
	default: return offsetof(struct icmp6hdr, icmp6_cksum);
	}
}

/* Update the checksum of what is in IP, where the packet has it. */
static __always_inline void rewrite_checksum(const struct rewrite_packet *d, void *data, void *end,
                                             const struct rewrite_change *change)
{
	__u16 *field = data + (d->l4 & REWRITE_L4_MASK) + rewrite_checksum_place(d), check;

	if (!d->l4 || (void *)(field + 1) > end)
		return;
	check = checksum_update(*field, change->addresses + change->ports);
	if (d->all.key.protocol != IPPROTO_UDP)
		*field = check;
	else if (*field) /* 0 says that there is none; a sum of 0 is written as its other form */
		*field = check ? check : 0xffff;
}

#endif
