/* SPDX-License-Identifier: GPL-2.0-only */
/* Which list has an address of a packet. The maps, and how a set is read (objects/acl_lists.h). */
#ifndef ACL_LISTS_BPF_H
#define ACL_LISTS_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "compat/maps.bpf.h"
#include "acl_lists.h"
#include "parse.bpf.h"
#include "stats.bpf.h"

/* The legacy loader takes no functions that are called: see acl_set4_has(). */
#ifndef MAPS_LEGACY
#define ACL_HAS_LISTS
#endif

#ifdef ACL_HAS_LISTS

BPF_MAP(acl_lists, BPF_MAP_TYPE_ARRAY, __u32, struct acl_list, ACL_LIST_SLOTS) MAP_CONFIG;
BPF_MAP(acl_list_hits, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, ACL_LISTS)
MAP_COUNTER;
BPF_ARRAY_OF_EQUALS(acl_tops4, struct acl_row, BPF_F_MMAPABLE, ACL_TOP4_ROWS, ACL_LIST_SLOTS)
MAP_CONFIG;
BPF_ARRAY_OF_ARRAYS(acl_sets4, struct acl_row, BPF_F_MMAPABLE, 2 * ACL_LIST_SLOTS)
MAP_CONFIG;
BPF_ARRAY_OF_EQUALS(acl_fronts4, struct acl_row, BPF_F_MMAPABLE, ACL_FRONT4_ROWS, ACL_LIST_SLOTS)
MAP_CONFIG;
BPF_ARRAY_OF_ARRAYS(acl_sets6, struct acl_row, BPF_F_MMAPABLE, ACL_LIST_SLOTS)
MAP_CONFIG;

/* Tools store words while programs read them. */
static __always_inline __u64 acl_load(const __u64 *word)
{
	return *(const volatile __u64 *)word;
}

static __always_inline __u32 acl_ones(__u32 x)
{
	x -= x >> 1 & 0x55555555;
	x = (x & 0x33333333) + (x >> 2 & 0x33333333);
	x = (x + (x >> 4)) & 0x0f0f0f0f;
	return x * 0x01010101 >> 24;
}

/* The set may have the address. Both look-ups are inlined by the kernel. */
static __always_inline int acl_front4_has(__u32 list, __u32 address)
{
	__u32 bit = address >> ACL_FRONT4_SHIFT, row = bit / (64 * ACL_ROW_WORDS);
	void *front = bpf_map_lookup_elem(&acl_fronts4, &list);
	struct acl_row *r;

	if (!front)
		return 1;
	r = bpf_map_lookup_elem(front, &row);
	return !r || acl_load(&r->words[bit / 64 % ACL_ROW_WORDS]) >> bit % 64 & 1;
}

/*
 * An address in its group, whose top word is ACL_TOP4_MORE. Few are, so this is a function that is
 * called: inlined twice, it would double what the verifier goes through.
 */
__noinline int acl_set4_has_more(__u32 list, __u64 top, __u32 address)
{
	__u32 bit = 1U << (address >> 8), entries = top >> ACL_TOP4_ENTRIES & 0xffff, base, at;
	__u32 slot = acl_set4_slot(list, top >> ACL_TOP4_HALF & 1), word, row;
	__u64 first, last;
	struct acl_row *r;
	void *set;

	if (top & bit)
		return 1;
	if (!(entries & bit))
		return 0;
	set = bpf_map_lookup_elem(&acl_sets4, &slot);
	if (!set)
		return 0;
	base = top >> ACL_TOP4_BASE & ((1U << (ACL_TOP4_HALF - ACL_TOP4_BASE)) - 1);
	at = acl_ones(entries & (bit - 1));
	word = base + at / ACL_SET4_ENTRIES;
	row = word / ACL_ROW_WORDS;
	r = bpf_map_lookup_elem(set, &row);
	if (!r)
		return 0;
	first = acl_load(&r->words[word % ACL_ROW_WORDS]) >> at % ACL_SET4_ENTRIES * 16;
	last = first >> 8 & 0xff;
	first &= 0xff;
	address &= 0xff;
	if (first <= last)
		return ~((address - first) | (last - address)) >> 63;
	if (last == ACL_SET4_NOTHING >> 8)
		return 0;
	word = acl_set4_bitmap(base, acl_ones(entries), last) + address / 64;
	row = word / ACL_ROW_WORDS;
	r = bpf_map_lookup_elem(set, &row);
	if (!r)
		return 0;
	return r->words[word % ACL_ROW_WORDS] >> address % 64 & 1;
}

/* The highest bit says whether the address in a group is in the range of the top word. */
static __always_inline __u64 acl_top4_range(__u64 top, __u64 address, int range)
{
	__u64 behind = address - (top >> range & ((1U << ACL_TOP4_FIRST_BITS) - 1));
	__u64 count = top >> (range + ACL_TOP4_FIRST_BITS) & ((1U << ACL_TOP4_COUNT_BITS) - 1);

	return ~behind & (behind - count);
}

/*
 * Is the address, in host byte order, in the set? A branch on what has just been loaded, guessed
 * wrong, would keep the CPU from beginning with the next packet until then: so of those that are
 * often taken and often not, there is none.
 */
static __always_inline int acl_set4_has(__u32 list, __u32 address)
{
	__u32 group = address >> ACL_TOP4_SHIFT, row = group / ACL_ROW_WORDS;
	struct acl_row *r;
	__u64 top, in;
	void *tops;

	if (!acl_front4_has(list, address))
		return 0;
	tops = bpf_map_lookup_elem(&acl_tops4, &list);
	if (!tops)
		return 0;
	r = bpf_map_lookup_elem(tops, &row);
	if (!r)
		return 0;
	top = acl_load(&r->words[group % ACL_ROW_WORDS]);
	address &= (1U << ACL_TOP4_SHIFT) - 1;
	if (top & ACL_TOP4_MORE)
		return acl_set4_has_more(list, top, address);
	in = acl_top4_range(top, address, ACL_TOP4_RANGE_A) |
	     acl_top4_range(top, address, ACL_TOP4_RANGE_B);
	return (in >> 63 | top >> (address >> 8)) & 1;
}

static __always_inline int acl_set6_filter(void *set, const struct acl_row *header, __u64 hash)
{
	__u32 bit = acl_set6_bit(hash, header->words[ACL_SET6_BLOOM]), row;
	struct acl_row *r;

	row = ACL_SET6_BLOOM_ROW + bit / (64 * ACL_ROW_WORDS);
	r = bpf_map_lookup_elem(set, &row);
	return r && r->words[bit / 64 % ACL_ROW_WORDS] >> bit % 64 & 1;
}

/* Another set took the place of the one that is being looked at. */
#define ACL_SET6_CHANGED -1

/*
 * The state of the prefix with this key, ACL_SET6_*, 0 if it is not in the table, or
 * ACL_SET6_CHANGED. Such a function takes numbers only, so it looks for the set again.
 */
__noinline int acl_set6_find(__u32 list, __u64 seed, __u64 high, __u64 low, __u64 flag)
{
	__u64 hash = acl_set6_hash(acl_set6_hash_high(high, seed), low), states, state;
	struct acl_row *header, *r;
	__u32 row = 0;
	void *set;

	set = bpf_map_lookup_elem(&acl_sets6, &list);
	if (!set)
		return ACL_SET6_CHANGED;
	header = bpf_map_lookup_elem(set, &row);
	if (!header || header->words[ACL_SET6_SEED] != seed)
		return ACL_SET6_CHANGED;
	for (int i = 0; i < ACL_SET6_PROBES; i++, hash = acl_set6_hash_next(hash)) {
		row = acl_set6_row(hash, header->words[ACL_SET6_TABLE]);
		r = bpf_map_lookup_elem(set, &row);
		if (!r)
			return 0;
		states = acl_load(&r->words[ACL_SET6_STATES]);
		for (int slot = 0; slot < ACL_SET6_SLOTS; slot++, states >>= 16) {
			state = states & 0xffff;
			if (!state)
				return 0;
			if (r->words[slot] == high && r->words[ACL_SET6_SLOTS + slot] == low &&
			    (state & ACL_SET6_128) == flag)
				return state & ACL_SET6_STATE;
		}
	}
	return 0;
}

/* Is there any prefix in the set, around the address or beside it, that is longer than the level?
 */
static __always_inline int acl_set6_has_longer(void *set, const struct acl_row *header, __u64 high,
                                               __u32 level)
{
	__u64 hashed =
		acl_set6_hash_high(high & ~0ULL << (64 - level), header->words[ACL_SET6_SEED]);

	return acl_set6_filter(set, header, acl_set6_hash(hashed, level));
}

/* The shortest level above which there is nothing, or 128. */
static __always_inline __u32 acl_set6_level(void *set, const struct acl_row *header, __u64 high)
{
	const __u32 levels[] = ACL_SET6_LEVELS;

#pragma unroll
	for (int i = 0; i < 4; i++) {
		__u32 level = levels[i];
		__u64 longer = (1ULL << (64 - level)) - 1;

		if (!acl_load(&header->words[ACL_SET6_LONG]) &&
		    !(acl_load(&header->words[ACL_SET6_SHORT]) & longer))
			return level;
		if (!acl_set6_has_longer(set, header, high, level))
			return level;
	}
	return 128;
}

/* Is the address, in host byte order, in the set? 1, 0 or ACL_SET6_CHANGED. */
__noinline int acl_set6_look(__u32 list, __u64 high, __u64 low)
{
	__u64 lengths = 0, bit, part, hashed, seed, shorter;
	__u32 row = 0, level;
	struct acl_row *header;
	void *set;
	int state;

	set = bpf_map_lookup_elem(&acl_sets6, &list);
	if (!set)
		return 0;
	header = bpf_map_lookup_elem(set, &row);
	if (!header)
		return 0;
	seed = header->words[ACL_SET6_SEED];
	level = acl_set6_level(set, header, high);
	/*
	 * From the longest, which decides, to the shortest; a prefix's mask is -bit. What is
	 * shorter is read anew each time: an edit adds a prefix before it removes the longer ones
	 * in it.
	 */
	if (level > 64)
		lengths = acl_load(&header->words[ACL_SET6_LONG]);
	hashed = acl_set6_hash_high(high, seed);
	for (int i = 0; i < 64 && lengths; i++) {
		bit = lengths & -lengths;
		part = (low & -bit) | bit >> 1;
		if (acl_set6_filter(set, header, acl_set6_hash(hashed, part))) {
			state = acl_set6_find(list, seed, high, part, bit == 1 ? ACL_SET6_128 : 0);
			if (state && state != ACL_SET6_GONE)
				return state == ACL_SET6_HOLE ? 0 : state;
		}
		lengths = acl_load(&header->words[ACL_SET6_LONG]) & -(bit << 1);
	}
	shorter = level > 64 ? ~0ULL : ~0ULL << (64 - level);
	lengths = acl_load(&header->words[ACL_SET6_SHORT]) & shorter;
	for (int i = 0; i < 64 && lengths; i++) {
		bit = lengths & -lengths;
		part = (high & -bit) | bit >> 1;
		low = bit << 63;
		if (acl_set6_filter(set, header,
		                    acl_set6_hash(acl_set6_hash_high(part, seed), low))) {
			state = acl_set6_find(list, seed, part, low, 0);
			if (state && state != ACL_SET6_GONE)
				return state == ACL_SET6_HOLE ? 0 : state;
		}
		lengths = acl_load(&header->words[ACL_SET6_SHORT]) & -(bit << 1);
	}
	return acl_load(&header->words[ACL_SET6_REST]) & 1;
}

/*
 * Once the kernel has put a set in place of another, it waits for all packets on their way before
 * it takes the next: so a packet meets one change at the most.
 */
static __always_inline int acl_set6_has(__u32 list, __u64 high, __u64 low)
{
	int found = acl_set6_look(list, high, low);

	if (found == ACL_SET6_CHANGED)
		found = acl_set6_look(list, high, low);
	return found == ACL_SET6_IN;
}

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
