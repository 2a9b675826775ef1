/* SPDX-License-Identifier: GPL-2.0-only */
/* Which list has an address of a packet. */
#ifndef ACL_LISTS_BPF_H
#define ACL_LISTS_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "compat/maps.bpf.h"
#include "acl_lists.h"
#include "parse.bpf.h"
#include "stats.bpf.h"

/* The legacy loader takes no functions that are called: see acl_set4_has_more(). */
#ifndef MAPS_LEGACY
#define ACL_HAS_LISTS
#endif

#ifdef ACL_HAS_LISTS

#include "acl_set4.bpf.h"
#include "acl_set6.bpf.h"

BPF_MAP(acl_lists, BPF_MAP_TYPE_ARRAY, __u32, struct acl_list, ACL_LIST_SLOTS) MAP_CONFIG;
BPF_MAP(acl_list_hits, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, ACL_LISTS)
MAP_COUNTER;

/* The addresses of a packet in host byte order; of IPv4 in low, and high is 0. */
struct acl_addresses {
	__u32 version; /* 4 or 6, or 0 if there is no IP */
	__u64 source_high, source_low;
	__u64 destination_high, destination_low;
};

static __always_inline __u64 acl_join(__be32 high, __be32 low)
{
	return (__u64)bpf_ntohl(high) << 32 | bpf_ntohl(low);
}

static __always_inline void acl_addresses_read(struct acl_addresses *a, const struct packet *p)
{
	*a = (struct acl_addresses){};
	if (p->ip4) {
		a->version = 4;
		a->source_low = bpf_ntohl(p->ip4->saddr);
		a->destination_low = bpf_ntohl(p->ip4->daddr);
	} else if (p->ip6) {
		const __be32 *s = p->ip6->saddr.in6_u.u6_addr32;
		const __be32 *d = p->ip6->daddr.in6_u.u6_addr32;

		a->version = 6;
		a->source_high = acl_join(s[0], s[1]);
		a->source_low = acl_join(s[2], s[3]);
		a->destination_high = acl_join(d[0], d[1]);
		a->destination_low = acl_join(d[2], d[3]);
	}
	/* Else the compiler asks the pointers again which it is. */
	asm volatile("" : "+r"(a->version));
}

static __always_inline int acl_list_has(__u32 slot, __u32 sides, const struct acl_addresses *a)
{
	if (a->version == 4) {
		if (sides & ACL_SIDE_SOURCE && acl_set4_has(slot, a->source_low))
			return 1;
		return sides & ACL_SIDE_DESTINATION && acl_set4_has(slot, a->destination_low);
	}
	if (sides & ACL_SIDE_SOURCE && acl_set6_has(slot, a->source_high, a->source_low))
		return 1;
	return sides & ACL_SIDE_DESTINATION &&
	       acl_set6_has(slot, a->destination_high, a->destination_low);
}

/*
 * The first list that has an address of the packet, among those whose bits are set in lists: counts
 * the hit of bytes, and returns the list's verdict; ACL_NONE if none has. bank: 0 or 1.
 *
 * The addresses are read before the loop: numbers are all the same to the verifier, while pointers
 * into the packet are another case for each way in which it found the header.
 */
static __always_inline enum acl_verdict acl_lists_match(const struct packet *p, __u64 bytes,
                                                        __u32 lists, __u32 bank)
{
	struct acl_addresses addresses;
	struct acl_list *list;

	acl_addresses_read(&addresses, p);
	if (!addresses.version)
		return ACL_NONE;
	for (__u32 i = 0; i < ACL_LISTS && lists >> i; i++) {
		__u32 n = i, key = acl_list_slot(i, bank);
		__u64 slot = key;

		if (!(lists >> i & 1))
			continue;
		/*
		 * Saved on the stack as 64 bits: of a slot there that is half written, the verifier
		 * takes into account what was in it before.
		 */
		asm volatile("" : "+r"(slot));
		list = bpf_map_lookup_elem(&acl_lists, &key);
		if (!list || list->verdict == ACL_NONE)
			continue;
		if (acl_list_has(slot, list->sides, &addresses)) {
			stats_count(&acl_list_hits, n, bytes);
			return list->verdict;
		}
	}
	return ACL_NONE;
}

/* Does any of these lists deny something? */
static __always_inline int acl_lists_deny(__u32 lists, __u32 bank)
{
	struct acl_list *list;

	for (__u32 i = 0; i < ACL_LISTS && lists >> i; i++) {
		__u32 slot = acl_list_slot(i, bank);

		list = bpf_map_lookup_elem(&acl_lists, &slot);
		if (lists >> i & 1 && list && list->verdict == ACL_DENY)
			return 1;
	}
	return 0;
}

#else

static __always_inline int acl_lists_deny(__u32 lists, __u32 bank)
{
	(void)lists, (void)bank;
	return 0;
}

static __always_inline enum acl_verdict acl_lists_match(const struct packet *p, __u64 bytes,
                                                        __u32 lists, __u32 bank)
{
	(void)p, (void)bytes, (void)lists, (void)bank;
	return ACL_NONE;
}

#endif

#endif
