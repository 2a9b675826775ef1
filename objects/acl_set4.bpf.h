/* SPDX-License-Identifier: GPL-2.0-only */
/* How a set of IPv4 addresses is read (objects/acl_lists.h). */
#ifndef ACL_SET4_BPF_H
#define ACL_SET4_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "compat/maps.bpf.h"
#include "acl_lists.h"
#include "acl_word.bpf.h"

BPF_ARRAY_OF_EQUALS(acl_tops4, struct acl_row, BPF_F_MMAPABLE, ACL_TOP4_ROWS, ACL_LIST_SLOTS)
MAP_CONFIG;
BPF_ARRAY_OF_ARRAYS(acl_sets4, struct acl_row, BPF_F_MMAPABLE, 2 * ACL_LIST_SLOTS)
MAP_CONFIG;
BPF_ARRAY_OF_EQUALS(acl_fronts4, struct acl_row, BPF_F_MMAPABLE, ACL_FRONT4_ROWS, ACL_LIST_SLOTS)
MAP_CONFIG;

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

#endif
