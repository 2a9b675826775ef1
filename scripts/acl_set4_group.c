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

static void read_block(__u64 *bits, const __u64 *words, __u64 block)
{
	if (block & ACL_SET4_BITMAP) {
		memcpy(bits, words + (__u32)block, BITMAP_BYTES);
		return;
	}
	for (int i = 0; i < ACL_SET4_RANGES; i++, block >>= 16)
		if ((block & 0xffff) != ACL_SET4_NO_RANGE)
			set_bits(bits, block & 0xff, block >> 8 & 0xff, SET_ADD);
}

void group4_read(struct group4 *group, const __u64 *words, __u64 top)
{
	__u32 mask = (__u32)top, base = top >> 32;

	memset(group, 0, sizeof(*group));
	for (; mask; mask &= mask - 1) {
		__u64 *bits = group->words + __builtin_ctz(mask) * ACL_SET4_BITMAP_WORDS;

		if (base == ACL_SET4_FULL)
			memset(bits, 0xff, BITMAP_BYTES);
		else
			read_block(bits, words, words[base++]);
	}
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

bool block4_pack(const __u64 *bits, __u64 *block)
{
	unsigned int first, last = 0;
	__u64 range;

	*block = 0;
	for (int i = 0; i < ACL_SET4_RANGES; i++) {
		first = find_bit(bits, last, true);
		range = ACL_SET4_NO_RANGE;
		if (first < 256) {
			last = find_bit(bits, first, false);
			range = first | (last - 1) << 8;
		} else {
			last = 256;
		}
		*block |= range << 16 * i;
	}
	return find_bit(bits, last, true) == 256;
}

size_t group4_size(const struct group4 *group, __u32 mask)
{
	size_t words = 0;
	__u64 block;

	for (; mask; mask &= mask - 1) {
		words++;
		if (!block4_pack(group->words + __builtin_ctz(mask) * ACL_SET4_BITMAP_WORDS,
		                 &block))
			words += ACL_SET4_BITMAP_WORDS;
	}
	return words;
}

void group4_write(const struct group4 *group, __u32 mask, __u64 *words, __u32 at)
{
	__u32 bitmap = at + __builtin_popcount(mask);

	for (; mask; mask &= mask - 1) {
		const __u64 *bits = group->words + __builtin_ctz(mask) * ACL_SET4_BITMAP_WORDS;
		__u64 *block = &words[at++];

		if (block4_pack(bits, block))
			continue;
		memcpy(words + bitmap, bits, BITMAP_BYTES);
		*block = ACL_SET4_BITMAP | bitmap;
		bitmap += ACL_SET4_BITMAP_WORDS;
	}
}
