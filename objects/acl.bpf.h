/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What xdp_acl and tc_acl decide by. In this order, and the first that has something to say
 * decides: rules for Ethernet addresses, for IP addresses, for ports, then lists, then the policy.
 */
#ifndef ACL_BPF_H
#define ACL_BPF_H

#include "compat/maps.bpf.h"
#include "acl.h"
#include "acl_lists.bpf.h"
#include "parse.bpf.h"
#include "stats.bpf.h"

/* Mapped by the tool, which stores the word in one piece. */
BPF_MAP_FLAGS(acl_settings, BPF_MAP_TYPE_ARRAY, __u32, struct acl_settings, 1, BPF_F_MMAPABLE)
MAP_CONFIG;
BPF_MAP(acl_rules, BPF_MAP_TYPE_ARRAY, __u32, struct acl_rule, ACL_BANKS *ACL_MAX_RULES) MAP_CONFIG;
BPF_MAP(acl_rule_hits, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, ACL_NUMBERS)
MAP_COUNTER;
BPF_MAP_FLAGS(acl_macs, BPF_MAP_TYPE_HASH, struct acl_mac_key, __u16, ACL_MAX_ENTRIES,
              BPF_F_NO_PREALLOC)
MAP_CONFIG;
BPF_MAP_FLAGS(acl_prefixes4, BPF_MAP_TYPE_LPM_TRIE, struct acl_key4, __u16, ACL_MAX_ENTRIES,
              BPF_F_NO_PREALLOC)
MAP_CONFIG;
BPF_MAP_FLAGS(acl_prefixes6, BPF_MAP_TYPE_LPM_TRIE, struct acl_key6, __u16, ACL_MAX_ENTRIES,
              BPF_F_NO_PREALLOC)
MAP_CONFIG;
BPF_MAP(acl_ports, BPF_MAP_TYPE_ARRAY, __u32, struct acl_ports, ACL_PORTS_SLOTS) MAP_CONFIG;

/* The settings as they are at this moment, all of the same. */
static __always_inline struct acl_settings acl_read_settings(void)
{
	union {
		__u64 word;
		struct acl_settings settings;
	} now = {};
	__u32 slot = 0;
	volatile __u64 *word = bpf_map_lookup_elem(&acl_settings, &slot);

	if (word)
		now.word = *word;
	return now.settings;
}

/*
 * Nothing is looked up and every packet passes. One test of the word: several would make the
 * verifier go through all that follows once for each of them.
 */
static __always_inline int acl_is_idle(const struct acl_settings *s)
{
	const struct acl_settings what_counts = {
		.lists = 0xffff,
		.tables = 0xff,
		.flags = (__u8)~ACL_FLAG_LISTS_BANK,
	};
	__u64 word, mask;

	__builtin_memcpy(&word, s, sizeof(word));
	__builtin_memcpy(&mask, &what_counts, sizeof(mask));
	return !(word & mask);
}

static __always_inline __u32 acl_lists_bank(const struct acl_settings *s)
{
	return !!(s->flags & ACL_FLAG_LISTS_BANK);
}

/* Else a packet is looked at only as far as its addresses. */
static __always_inline int acl_needs_ports(const struct acl_settings *s)
{
	return s->tables & (ACL_TABLE_PORTS(ACL_SOURCE) | ACL_TABLE_PORTS(ACL_DESTINATION));
}

/*
 * What a table has for a packet: ACL_REF_SET, the number of a rule and its verdict; or 0. It is
 * counted once, behind all tables.
 */
static __always_inline __u32 acl_ref(const __u16 *ref)
{
	return ref ? *ref : 0;
}

static __always_inline __u32 acl_match_mac(const struct packet *p, const struct acl_settings *s,
                                           __u8 direction)
{
	struct acl_mac_key key = { .bank = s->generation & 1, .direction = direction };

	if (!(s->tables & ACL_TABLE_MAC(direction)))
		return 0;
	__builtin_memcpy(key.mac, direction == ACL_SOURCE ? p->eth->h_source : p->eth->h_dest,
	                 sizeof(key.mac));
	return acl_ref(bpf_map_lookup_elem(&acl_macs, &key));
}

static __always_inline __u32 acl_match_ip4(const struct packet *p, const struct acl_settings *s,
                                           __u8 direction)
{
	struct acl_key4 key = {
		.prefix_length = ACL_KEY_BITS + 32,
		.bank = s->generation & 1,
		.direction = direction,
	};

	if (!(s->tables & ACL_TABLE_IP4(direction)))
		return 0;
	__builtin_memcpy(key.address, direction == ACL_SOURCE ? &p->ip4->saddr : &p->ip4->daddr,
	                 sizeof(key.address));
	return acl_ref(bpf_map_lookup_elem(&acl_prefixes4, &key));
}

static __always_inline __u32 acl_match_ip6(const struct packet *p, const struct acl_settings *s,
                                           __u8 direction)
{
	struct acl_key6 key = {
		.prefix_length = ACL_KEY_BITS + 128,
		.bank = s->generation & 1,
		.direction = direction,
	};

	if (!(s->tables & ACL_TABLE_IP6(direction)))
		return 0;
	__builtin_memcpy(key.address, direction == ACL_SOURCE ? &p->ip6->saddr : &p->ip6->daddr,
	                 sizeof(key.address));
	return acl_ref(bpf_map_lookup_elem(&acl_prefixes6, &key));
}

static __always_inline __u32 acl_match_address(const struct packet *p, const struct acl_settings *s,
                                               __u8 direction)
{
	if (p->ip4)
		return acl_match_ip4(p, s, direction);
	return p->ip6 ? acl_match_ip6(p, s, direction) : 0;
}

static __always_inline __u32 acl_match_port(const struct packet *p, const struct acl_settings *s,
                                            __u8 direction)
{
	__u32 port = bpf_ntohs(direction == ACL_SOURCE ? p->sport : p->dport);
	struct acl_ports *ports;
	__u32 slot;

	if (!(s->tables & ACL_TABLE_PORTS(direction)))
		return 0;
	slot = acl_ports_slot(s->generation & 1, direction, p->l4_protocol == IPPROTO_UDP);
	ports = bpf_map_lookup_elem(&acl_ports, &slot);
	if (!ports)
		return 0;
	/* Known to the compiler, but the verifier wants to see it. */
	asm volatile("%0 &= 0xffff" : "+r"(port));
	return ports->ref[port];
}

static __always_inline __u32 acl_match_ports(const struct packet *p, const struct acl_settings *s)
{
	__u32 ref = acl_match_port(p, s, ACL_SOURCE);

	return ref ? ref : acl_match_port(p, s, ACL_DESTINATION);
}

static __always_inline __u32 acl_find_rule(const struct packet *p, const struct acl_settings *s)
{
	__u32 ref = 0;

	if (p->eth) {
		ref = acl_match_mac(p, s, ACL_SOURCE);
		if (!ref)
			ref = acl_match_mac(p, s, ACL_DESTINATION);
	}
	if (!ref)
		ref = acl_match_address(p, s, ACL_SOURCE);
	if (!ref)
		ref = acl_match_address(p, s, ACL_DESTINATION);
	if (!ref && p->has_ports)
		ref = acl_match_ports(p, s);
	return ref;
}

/*
 * The packet was not seen as far as its ports, but the stack would go on looking for them: its
 * extension headers are too many, or go on in another fragment, or outside the part that is read.
 */
static __always_inline int acl_hides_ports(const struct packet *p, enum parse_status status)
{
	return status != PARSE_OK && p->ip6 && !p->has_ports;
}

static __always_inline enum acl_verdict
acl_match_rules(const struct packet *p, enum parse_status status, const struct acl_settings *s)
{
	__u32 ref = acl_find_rule(p, s);

	if (ref) {
		stats_count(&acl_rule_hits, ref & ACL_REF_NUMBER, p->bytes);
		return ref & ACL_REF_DENY ? ACL_DENY : ACL_ALLOW;
	}
	if (s->flags & ACL_FLAG_PORTS_DENY && acl_hides_ports(p, status))
		return ACL_DENY;
	return ACL_NONE;
}

/*
 * No packet is compared with the rules as they were written, but a loader binds only those maps to
 * a program that it names, and whoever adopts the program finds no others.
 */
static __always_inline void acl_bind_rules(void)
{
	asm volatile("" : : "r"(&acl_rules));
}

/* Whether any rule or list denies what may be hidden behind the tags of a packet. */
static __always_inline int acl_denies_hidden(const struct acl_settings *s)
{
	return s->flags & ACL_FLAGS_RULES || acl_lists_deny(s->lists, acl_lists_bank(s));
}

/* IP in more tags than are looked behind is no stranger to the stack. */
static __always_inline int acl_is_not_ip(const struct packet *p)
{
	return p->eth && p->protocol != bpf_htons(ETH_P_IP) &&
	       p->protocol != bpf_htons(ETH_P_IPV6) && !parse_is_vlan(p->protocol);
}

/*
 * Whether a packet passes. What the parser found is forgotten as far as it is a number: so the
 * verifier goes through rules and lists once, and not for each way through the headers.
 */
static __always_inline int acl_passes(struct packet *p, enum parse_status status,
                                      const struct acl_settings *s)
{
	int is_stranger = s->flags & ACL_FLAG_IP_ONLY && acl_is_not_ip(p);
	enum acl_verdict verdict = ACL_NONE;

	acl_bind_rules();
	is_stranger = parse_forget(is_stranger, p->bytes, 1);
	status = parse_forget(status, p->bytes, 3);
	p->has_ports = parse_forget(p->has_ports, p->bytes, 1);
	p->l4_protocol = parse_forget(p->l4_protocol, p->bytes, 0xff);
	if (s->tables)
		verdict = acl_match_rules(p, status, s);
	if (!verdict && parse_is_hidden(p))
		verdict = acl_denies_hidden(s) ? ACL_DENY : ACL_NONE;
	else if (!verdict && s->lists)
		verdict = acl_lists_match(p, p->bytes, s->lists, acl_lists_bank(s));
	if (!verdict && s->flags & ACL_FLAG_DROP)
		return is_stranger;
	if (!verdict)
		return 1;
	return verdict == ACL_ALLOW;
}

#endif
