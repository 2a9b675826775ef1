/* SPDX-License-Identifier: GPL-2.0-only */
/* How a set of IPv6 addresses is read (objects/acl_lists.h). */
#ifndef ACL_SET6_BPF_H
#define ACL_SET6_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "compat/maps.bpf.h"
#include "acl_lists.h"
#include "acl_word.bpf.h"

BPF_ARRAY_OF_ARRAYS(acl_sets6, struct acl_row, BPF_F_MMAPABLE, ACL_LIST_SLOTS)
MAP_CONFIG;

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

#endif
