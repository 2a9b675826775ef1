// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include "scripts/acl_set4_group.h"

#define BITMAP_BYTES (ACL_SET4_BITMAP_WORDS * sizeof(__u64))

static void set_bits(__u64 *words, unsigned int first, unsigned int last, enum set_edit edit)
{
	__u64 mask;

	for (unsigned int i = first / 64; i <= last / 64; i++) {
		mask = ~0ULL;
		if (i == first / 64)
			mask &= ~0ULL << first % 64;
		if (i == last / 64)
			mask &= ~0ULL >> (63 - last % 64);
		words[i] = edit == SET_ADD ? words[i] | mask : words[i] & ~mask;
	}
}

static __u32 entry_at(const __u64 *words, __u32 base, __u32 at)
{
	return words[base + at / ACL_SET4_ENTRIES] >> at % ACL_SET4_ENTRIES * 16 & 0xffff;
}

__u32 group4_base(__u64 top)
{
	return top >> ACL_TOP4_BASE & ((1U << (ACL_TOP4_HALF - ACL_TOP4_BASE)) - 1);
}

__u32 group4_entries(__u64 top)
{
	return top >> ACL_TOP4_ENTRIES & 0xffff;
}

const __u64 *group4_bitmap(const __u64 *words, __u64 top, __u32 entry)
{
	if ((entry & 0xff) != ACL_SET4_BITMAP || entry >> 8 == 0xff || entry == ACL_SET4_NOTHING)
		return NULL;
	return words + acl_set4_bitmap(group4_base(top), __builtin_popcount(group4_entries(top)),
	                               entry >> 8);
}

__u32 group4_entry(const __u64 *words, __u64 top, unsigned int block)
{
	__u32 before = group4_entries(top) & ((1U << block) - 1);

	return entry_at(words, group4_base(top), __builtin_popcount(before));
}

static void read_entries(struct group4 *group, const __u64 *words, __u64 top)
{
	__u32 at = 0, entry;

	for (__u32 mask = group4_entries(top); mask; mask &= mask - 1) {
		__u64 *bits = group->words + __builtin_ctz(mask) * ACL_SET4_BITMAP_WORDS;
		const __u64 *bitmap;

		entry = entry_at(words, group4_base(top), at++);
		bitmap = group4_bitmap(words, top, entry);
		if (bitmap)
			memcpy(bits, bitmap, BITMAP_BYTES);
		else if (entry != ACL_SET4_NOTHING)
			set_bits(bits, entry & 0xff, entry >> 8, SET_ADD);
	}
}

/* Returns how many addresses the range has. */
static unsigned int range_of(__u64 top, int at, unsigned int *first)
{
	*first = top >> at & ((1U << ACL_TOP4_FIRST_BITS) - 1);
	return top >> (at + ACL_TOP4_FIRST_BITS) & ((1U << ACL_TOP4_COUNT_BITS) - 1);
}

static void read_range(struct group4 *group, __u64 top, int at)
{
	unsigned int first, count = range_of(top, at, &first);

	if (count)
		set_bits(group->words, first, first + count - 1, SET_ADD);
}

void group4_read(struct group4 *group, const __u64 *words, __u64 top)
{
	memset(group, 0, sizeof(*group));
	for (__u32 mask = top & GROUP_ALL; mask; mask &= mask - 1)
		memset(group->words + __builtin_ctz(mask) * ACL_SET4_BITMAP_WORDS, 0xff,
		       BITMAP_BYTES);
	if (top & ACL_TOP4_MORE) {
		read_entries(group, words, top);
		return;
	}
	read_range(group, top, ACL_TOP4_RANGE_A);
	read_range(group, top, ACL_TOP4_RANGE_B);
}

static __u32 range_blocks(__u64 top, int at)
{
	unsigned int first, count = range_of(top, at, &first);

	return count ? (2U << (first + count - 1) / 256) - (1U << first / 256) : 0;
}

__u32 group4_blocks(__u64 top)
{
	__u32 full = top & GROUP_ALL;

	if (top & ACL_TOP4_MORE)
		return full | group4_entries(top);
	return full | range_blocks(top, ACL_TOP4_RANGE_A) | range_blocks(top, ACL_TOP4_RANGE_B);
}

void group4_edit(struct group4 *group, unsigned int first, unsigned int last, enum set_edit edit)
{
	set_bits(group->words, first, last, edit);
}

__u32 group4_full(const struct group4 *group)
{
	__u32 mask = 0;

	for (int block = 0; block < GROUP_BLOCKS; block++) {
		const __u64 *b = group->words + block * ACL_SET4_BITMAP_WORDS;

		if ((b[0] & b[1] & b[2] & b[3]) == ~0ULL)
			mask |= 1U << block;
	}
	return mask;
}

__u32 group4_parts(const struct group4 *group)
{
	__u32 mask = 0;

	for (int block = 0; block < GROUP_BLOCKS; block++) {
		const __u64 *b = group->words + block * ACL_SET4_BITMAP_WORDS;

		if (b[0] | b[1] | b[2] | b[3])
			mask |= 1U << block;
	}
	return mask & ~group4_full(group);
}

unsigned int group4_count(const struct group4 *group)
{
	unsigned int count = 0;

	for (int i = 0; i < GROUP_WORDS; i++)
		count += __builtin_popcountll(group->words[i]);
	return count;
}

static unsigned int count_entry(const __u64 *words, __u64 top, __u32 entry)
{
	const __u64 *bitmap = group4_bitmap(words, top, entry);
	unsigned int count = 0;

	if (!bitmap)
		return entry == ACL_SET4_NOTHING ? 0 : (entry >> 8) - (entry & 0xff) + 1;
	for (int i = 0; i < ACL_SET4_BITMAP_WORDS; i++)
		count += __builtin_popcountll(bitmap[i]);
	return count;
}

unsigned int group4_count_packed(const __u64 *words, __u64 top)
{
	__u32 full = top & GROUP_ALL, at = 0, entry;
	unsigned int count = __builtin_popcount(full) * 256, first;

	if (!(top & ACL_TOP4_MORE))
		return count + range_of(top, ACL_TOP4_RANGE_A, &first) +
		       range_of(top, ACL_TOP4_RANGE_B, &first);
	for (__u32 mask = group4_entries(top); mask; mask &= mask - 1, at++) {
		entry = entry_at(words, group4_base(top), at);
		/* It may still have the entry from before it was full. */
		if (!(full & mask & -mask))
			count += count_entry(words, top, entry);
	}
	return count;
}

/* Where the next bit that is set, or is not, lies from i on; end for none. */
static unsigned int find_bit(const __u64 *bits, unsigned int i, unsigned int end, bool set)
{
	__u64 word;

	while (i < end) {
		word = (set ? bits[i / 64] : ~bits[i / 64]) >> i % 64;
		if (word)
			return i + __builtin_ctzll(word);
		i = (i | 63) + 1;
	}
	return end;
}

bool block4_pack(const __u64 *bits, __u32 *entry)
{
	unsigned int first = find_bit(bits, 0, 256, true), end = find_bit(bits, first, 256, false);

	*entry = first < 256 ? first | (end - 1) << 8 : ACL_SET4_NOTHING;
	return find_bit(bits, end, 256, true) == 256;
}

/* What is left without full /24s is in ranges that are shorter than two of them. */
bool group4_pack(const struct group4 *group, __u64 *top)
{
	static const int places[] = { ACL_TOP4_RANGE_A, ACL_TOP4_RANGE_B };
	struct group4 rest = *group;
	unsigned int first, end = 0;

	*top = group4_full(group);
	for (__u32 mask = *top; mask; mask &= mask - 1)
		memset(rest.words + __builtin_ctz(mask) * ACL_SET4_BITMAP_WORDS, 0, BITMAP_BYTES);
	for (int i = 0; i < 2; i++) {
		first = find_bit(rest.words, end, GROUP_ADDRESSES, true);
		if (first == GROUP_ADDRESSES)
			return true;
		end = find_bit(rest.words, first, GROUP_ADDRESSES, false);
		*top |= (__u64)(first | (end - first) << ACL_TOP4_FIRST_BITS) << places[i];
	}
	return find_bit(rest.words, end, GROUP_ADDRESSES, true) == GROUP_ADDRESSES;
}

size_t group4_size(const struct group4 *group, __u32 mask)
{
	__u32 entries = __builtin_popcount(mask), bitmaps = 0, entry;

	for (; mask; mask &= mask - 1)
		bitmaps += !block4_pack(group->words + __builtin_ctz(mask) * ACL_SET4_BITMAP_WORDS,
		                        &entry);
	return acl_set4_bitmap(0, entries, bitmaps);
}

void group4_write(const struct group4 *group, __u32 mask, __u64 *words, __u32 base)
{
	__u32 entries = __builtin_popcount(mask), bitmaps = 0, at = 0, entry;

	memset(words + base, 0, acl_set4_bitmap(0, entries, 0) * sizeof(*words));
	for (; mask; mask &= mask - 1, at++) {
		const __u64 *bits = group->words + __builtin_ctz(mask) * ACL_SET4_BITMAP_WORDS;

		if (!block4_pack(bits, &entry)) {
			memcpy(words + acl_set4_bitmap(base, entries, bitmaps), bits, BITMAP_BYTES);
			entry = ACL_SET4_BITMAP | bitmaps++ << 8;
		}
		words[base + at / ACL_SET4_ENTRIES] |= (__u64)entry << at % ACL_SET4_ENTRIES * 16;
	}
}

__u64 group4_more(__u32 base, __u32 half, __u32 mask, __u32 full)
{
	return ACL_TOP4_MORE | (__u64)half << ACL_TOP4_HALF | (__u64)base << ACL_TOP4_BASE |
	       (__u64)mask << ACL_TOP4_ENTRIES | full;
}
