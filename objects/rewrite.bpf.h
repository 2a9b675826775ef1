/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules that change packets: what they look at, and finding the one that fits.
 *
 * A datagram is changed as a whole or not at all, although its later fragments have no ports: a
 * rule that looks at ports leaves fragments alone, unless it changes nothing else but ports, which
 * are in the first, and no other rule changes the later ones.
 *
 * Rules are for all packets, also those whose headers end too early or contradict themselves: what
 * is not known of them fits no rule that looks at it, and what cannot be done to them drops them.
 * Nobody gets past a rule with a packet that others take for a whole one.
 */
#ifndef REWRITE_BPF_H
#define REWRITE_BPF_H

#include "compat/maps.bpf.h"
#include "parse.bpf.h"
#include "rewrite.h"
#include "stats.bpf.h"

/* Not preallocated: who has found a rule keeps it whole, whatever happens to the map. */
BPF_MAP_FLAGS(rewrite_rules, BPF_MAP_TYPE_HASH, struct rewrite_key, struct rewrite_rule,
              REWRITE_RULES, BPF_F_NO_PREALLOC)
MAP_CONFIG;
BPF_MAP(rewrite_shapes, BPF_MAP_TYPE_ARRAY, __u32, struct rewrite_shapes, 2)
MAP_CONFIG;
BPF_MAP(rewrite_hits, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, REWRITE_RULES)
MAP_COUNTER;

#define REWRITE_ADDRESSES (REWRITE_SET_SADDR | REWRITE_SET_DADDR)
#define REWRITE_PORTS     (REWRITE_SET_SPORT | REWRITE_SET_DPORT)

#define REWRITE_VLANS (REWRITE_SET_VLAN | REWRITE_PUSH_VLAN | REWRITE_POP_VLAN)

#define REWRITE_VLAN_ID 0x0fff

union rewrite_words {
	struct rewrite_key key;
	__u64 words[sizeof(struct rewrite_key) / 8];
};

/* A packet in the words of rules, and where it is to be changed. */
struct rewrite_packet {
	union rewrite_words all;
	__u64 ip; /* offset of the IP header, if there is one */
	__u64 l4; /* offset of the header with the checksum that covers addresses; 0: there is none
	           */
	__u64 fragment;
	__u64 vlans;
	__u64 has_ports;
	__u64 lacks_sum; /* a checksum covers addresses and ports, and is not within reach */
	__u64 lacks_tag; /* one is cut off */
};

/*
 * No change, but the verifier takes any value to be possible afterwards: one case for it, rather
 * than one for each way through the parser. unknown is a number that it knows nothing of.
 */
static __always_inline __u64 rewrite_any(__u64 value, __u64 unknown)
{
	asm volatile("%0 += %1\n%0 -= %1" : "+r"(value) : "r"(unknown));
	return value;
}

static __always_inline __u64 rewrite_l4_offset(const struct packet *p)
{
	if (p->tcp)
		return (void *)p->tcp - (void *)p->eth;
	if (p->udp)
		return (void *)p->udp - (void *)p->eth;
	if (p->ip6 && p->icmp)
		return (void *)p->icmp - (void *)p->eth;
	return 0;
}

static __always_inline int rewrite_lacks_sum(const struct packet *p)
{
	if (p->fragment == FRAGMENT_LATER || rewrite_l4_offset(p))
		return 0;
	if (p->l4_protocol == IPPROTO_TCP || p->l4_protocol == IPPROTO_UDP)
		return 1;
	/* Behind extension headers that were not looked at, there may be one. */
	return p->ip6 && (p->l4_protocol == IPPROTO_ICMPV6 || parse_is_extension(p->l4_protocol));
}

/*
 * Of a packet that could not be parsed to its end, and was then parsed as far as its addresses:
 * that is one case for the verifier, whatever it is that is wrong. All that a small first fragment
 * of IPv4 has of TCP may be its ports.
 */
static __always_inline void rewrite_find_ports(struct packet *p)
{
	__u32 header;

	if (!p->ip4 || p->fragment == FRAGMENT_LATER ||
	    (p->l4_protocol != IPPROTO_TCP && p->l4_protocol != IPPROTO_UDP))
		return;
	header = p->ip4->ihl * 4;
	parse_ports(p, (void *)p->ip4 + header, bpf_ntohs(p->ip4->tot_len) - header);
}

/* status: what parsing the packet came to; it has an Ethernet header at least. */
static __always_inline void rewrite_describe(struct rewrite_packet *d, const struct packet *p,
                                             enum parse_status status, __u8 direction)
{
	struct rewrite_key *key = &d->all.key;
	__u64 unknown = p->end - (void *)p->eth; /* also to the verifier */

	__builtin_memset(d, 0, sizeof(*d));
	key->fields = 0xffff; /* the mask says which shape it is */
	key->saddr_bits = 0xff;
	key->daddr_bits = 0xff;
	key->direction = direction;
	key->protocol = p->l4_protocol;
	key->sport = p->sport;
	key->dport = p->dport;
	if (p->vlans)
		key->vlan = REWRITE_TAGGED | (bpf_ntohs(p->outer_tci) & REWRITE_VLAN_ID);
	if (p->ip4) {
		key->family = 4;
		*(__be32 *)key->saddr = p->ip4->saddr;
		*(__be32 *)key->daddr = p->ip4->daddr;
		d->ip = (void *)p->ip4 - (void *)p->eth;
	} else if (p->ip6) {
		key->family = 6;
		*(struct in6_addr *)key->saddr = p->ip6->saddr;
		*(struct in6_addr *)key->daddr = p->ip6->daddr;
		d->ip = (void *)p->ip6 - (void *)p->eth;
	}
	for (unsigned int n = 0; n < sizeof(d->all) / 8; n++)
		d->all.words[n] = rewrite_any(d->all.words[n], unknown);
	d->ip = rewrite_any(d->ip, unknown);
	d->l4 = rewrite_any(rewrite_l4_offset(p), unknown);
	d->fragment = rewrite_any(p->fragment, unknown);
	d->vlans = rewrite_any(p->vlans, unknown);
	d->has_ports = rewrite_any(p->has_ports, unknown);
	d->lacks_sum = rewrite_any(rewrite_lacks_sum(p), unknown);
	d->lacks_tag =
		rewrite_any(status == PARSE_TRUNCATED && parse_is_vlan(p->protocol), unknown);
}

/* Whether the rule, which fits, can do its work on the whole datagram. */
static __always_inline int rewrite_applies(__u16 fields, __u16 actions,
                                           const struct rewrite_packet *p, __u64 has_ports)
{
	/* What is not IP has no protocol, rather than protocol 0. */
	if (fields & REWRITE_FIELD_PROTOCOL && !p->all.key.family)
		return 0;
	if (fields & (REWRITE_FIELD_SPORT | REWRITE_FIELD_DPORT)) {
		if (!has_ports)
			return 0;
		if (p->fragment != FRAGMENT_NONE)
			return !(actions & ~REWRITE_PORTS);
	}
	/* Their checksums cover the addresses, and this does not know where they are. */
	if (actions & REWRITE_ADDRESSES)
		return p->all.key.protocol != IPPROTO_DCCP &&
		       p->all.key.protocol != IPPROTO_UDPLITE;
	return 1;
}

/* Whether what the rule does would leave a checksum wrong, or concerns a tag that is cut off. */
static __always_inline int rewrite_is_impossible(const struct rewrite_rule *rule,
                                                 const struct rewrite_packet *p)
{
	if (p->lacks_sum && rule->actions & (REWRITE_ADDRESSES | REWRITE_PORTS))
		return 1;
	return p->lacks_tag && rule->actions & REWRITE_VLANS;
}

/* What rules look at, or NULL: there are none, and nothing needs to be done. */
static __always_inline const struct rewrite_shapes *rewrite_what(void)
{
	const struct rewrite_shapes *one, *other;
	__u32 zero = 0, first = 1;

	one = bpf_map_lookup_elem(&rewrite_shapes, &zero);
	other = bpf_map_lookup_elem(&rewrite_shapes, &first);
	if (!one || !other)
		return NULL;
	if (one->turn < other->turn)
		one = other;
	return one->count ? one : NULL;
}

/* The first rule that fits; without has_ports, as if the packet had none. */
static __always_inline const struct rewrite_rule *
rewrite_search(const struct rewrite_shapes *shapes, const struct rewrite_packet *p, __u64 has_ports)
{
	const struct rewrite_rule *rule;
	union rewrite_words key;
	const __u64 *mask;

	for (__u32 i = 0; i < REWRITE_SHAPES; i++) {
		if (i >= shapes->count)
			break;
		mask = (const __u64 *)&shapes->masks[i];
		for (unsigned int n = 0; n < sizeof(key) / 8; n++)
			key.words[n] = p->all.words[n] & mask[n];
		rule = bpf_map_lookup_elem(&rewrite_rules, &key);
		if (rule && rewrite_applies(key.key.fields, rule->actions, p, has_ports))
			return rule;
	}
	return NULL;
}

/* A first fragment gets what changes the later ones, if something does. */
static __always_inline const struct rewrite_rule *rewrite_find(const struct rewrite_shapes *shapes,
                                                               const struct rewrite_packet *p)
{
	const struct rewrite_rule *rule;

	if (p->fragment == FRAGMENT_FIRST) {
		rule = rewrite_search(shapes, p, 0);
		if (rule && rule->actions & ~REWRITE_PORTS)
			return rule;
	}
	return rewrite_search(shapes, p, p->has_ports);
}

#endif
