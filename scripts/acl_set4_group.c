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

const __u64 *group4_bitmap(const __u64 *words, __u64 top, __u32 entry)
{
	if ((entry & 0xff) != ACL_SET4_BITMAP || entry >> 8 == 0xff || entry == ACL_SET4_NOTHING)
		return NULL;
	return words + acl_set4_bitmap(top >> 32, __builtin_popcount((__u32)top), entry >> 8);
}

__u32 group4_entry(const __u64 *words, __u64 top, unsigned int block)
{
	return entry_at(words, top >> 32, __builtin_popcount((__u32)top & ((1U << block) - 1)));
}

void group4_read(struct group4 *group, const __u64 *words, __u64 top)
{
	__u32 entry, at = 0;

	memset(group, 0, sizeof(*group));
	for (__u32 mask = (__u32)top; mask; mask &= mask - 1) {
		__u64 *bits = group->words + __builtin_ctz(mask) * ACL_SET4_BITMAP_WORDS;
		const __u64 *bitmap;

		entry = entry_at(words, top >> 32, at++);
		bitmap = group4_bitmap(words, top, entry);
		if (bitmap)
			memcpy(bits, bitmap, BITMAP_BYTES);
		else if (entry != ACL_SET4_NOTHING)
			set_bits(bits, entry & 0xff, entry >> 8, SET_ADD);
	}
}

unsigned int group4_count_packed(const __u64 *words, __u64 top)
{
	unsigned int count = 0, blocks = __builtin_popcount((__u32)top);
	const __u64 *bitmap;
	__u32 entry;

	for (__u32 at = 0; at < blocks; at++) {
		entry = entry_at(words, top >> 32, at);
		bitmap = group4_bitmap(words, top, entry);
		if (!bitmap) {
			count += entry == ACL_SET4_NOTHING ? 0 : (entry >> 8) - (entry & 0xff) + 1;
			continue;
		}
		for (int i = 0; i < ACL_SET4_BITMAP_WORDS; i++)
			count += __builtin_popcountll(bitmap[i]);
	}
	return count;
}

void group4_edit(struct group4 *group, unsigned int first, unsigned int last, enum set_edit edit)
{
	set_bits(group->words, first, last, edit);
}

__u32 group4_mask(const struct group4 *group, bool *full)
{
	__u32 mask = 0;

	*full = true;
	for (int block = 0; block < GROUP_BLOCKS; block++) {
		const __u64 *b = group->words + block * ACL_SET4_BITMAP_WORDS;

		if (!(b[0] | b[1] | b[2] | b[3]))
			continue;
		mask |= 1U << block;
		*full &= (b[0] & b[1] & b[2] & b[3]) == ~0ULL;
	}
	return mask;
}

unsigned int group4_count(const struct group4 *group)
{
	unsigned int count = 0;

	for (int i = 0; i < GROUP_WORDS; i++)
		count += __builtin_popcountll(group->words[i]);
	return count;
}

/* Where the next bit that is set, or is not, lies from i on; 256 for none. */
static unsigned int find_bit(const __u64 *bits, unsigned int i, bool set)
{
	__u64 word;

	while (i < 256) {
		word = (set ? bits[i / 64] : ~bits[i / 64]) >> i % 64;
		if (word)
			return i + __builtin_ctzll(word);
		i = (i | 63) + 1;
	}
	return 256;
}

bool block4_pack(const __u64 *bits, __u32 *entry)
{
	unsigned int first = find_bit(bits, 0, true), end = find_bit(bits, first, false);

	*entry = first < 256 ? first | (end - 1) << 8 : ACL_SET4_NOTHING;
	return find_bit(bits, end, true) == 256;
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
