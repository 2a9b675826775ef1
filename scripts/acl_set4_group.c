// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include "scripts/acl_set4_group.h"

#define BITMAP_BYTES (ACL_SET4_BITMAP_WORDS * sizeof(__u64))

void group4_read(struct group4 *group, const __u64 *words, __u64 top)
{
	__u32 mask = (__u32)top, base = top >> 32;
	const __u64 *bitmap = words + (size_t)base * ACL_SET4_BITMAP_WORDS;

	memset(group, 0, sizeof(*group));
	for (; mask; mask &= mask - 1) {
		__u64 *block = group->words + __builtin_ctz(mask) * ACL_SET4_BITMAP_WORDS;

		if (base == ACL_SET4_FULL) {
			memset(block, 0xff, BITMAP_BYTES);
		} else {
			memcpy(block, bitmap, BITMAP_BYTES);
			bitmap += ACL_SET4_BITMAP_WORDS;
		}
	}
}

void group4_edit(struct group4 *group, unsigned int first, unsigned int last, enum set_edit edit)
{
	__u64 *words = group->words, mask;

	for (unsigned int i = first / 64; i <= last / 64; i++) {
		mask = ~0ULL;
		if (i == first / 64)
			mask &= ~0ULL << first % 64;
		if (i == last / 64)
			mask &= ~0ULL >> (63 - last % 64);
		words[i] = edit == SET_ADD ? words[i] | mask : words[i] & ~mask;
	}
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

void group4_write(const struct group4 *group, __u32 mask, __u64 *bitmaps)
{
	for (; mask; mask &= mask - 1) {
		memcpy(bitmaps, group->words + __builtin_ctz(mask) * ACL_SET4_BITMAP_WORDS,
		       BITMAP_BYTES);
		bitmaps += ACL_SET4_BITMAP_WORDS;
	}
}
