// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "scripts/acl_ranges.h"

int ranges4_add(struct ranges4 *ranges, __u32 first, __u32 last)
{
	struct range4 *list = acl_grow(ranges->list, ranges->len, &ranges->room, sizeof(*list));

	if (!list)
		return -ENOMEM;
	ranges->list = list;
	list[ranges->len++] = (struct range4){ first, last };
	return 0;
}

int ranges4_add_prefix(struct ranges4 *ranges, __u32 address, unsigned int length)
{
	__u32 mask = length ? ~0U << (32 - length) : 0;

	return ranges4_add(ranges, address & mask, address | ~mask);
}

void ranges4_free(struct ranges4 *ranges)
{
	free(ranges->list);
	memset(ranges, 0, sizeof(*ranges));
}

/* Four passes of a radix sort, which take a million in some milliseconds. */
int ranges4_sort_by_first(struct ranges4 *ranges)
{
	struct range4 *from = ranges->list, *to, *other;
	size_t starts[257];

	other = reallocarray(NULL, ranges->len, sizeof(*other));
	if (!other)
		return -ENOMEM;
	to = other;
	for (int shift = 0; shift < 32; shift += 8) {
		struct range4 *swap = from;

		memset(starts, 0, sizeof(starts));
		for (size_t i = 0; i < ranges->len; i++)
			starts[(from[i].first >> shift & 0xff) + 1]++;
		for (int i = 0; i < 256; i++)
			starts[i + 1] += starts[i];
		for (size_t i = 0; i < ranges->len; i++)
			to[starts[from[i].first >> shift & 0xff]++] = from[i];
		from = to;
		to = swap;
	}
	/* After an even number of passes the result is where it began. */
	free(other);
	return 0;
}

static bool is_sorted(const struct ranges4 *ranges)
{
	for (size_t i = 1; i < ranges->len; i++)
		if (ranges->list[i].first < ranges->list[i - 1].first)
			return false;
	return true;
}

int ranges4_sort(struct ranges4 *ranges)
{
	struct range4 *list = ranges->list;
	size_t len = 0;
	int err;

	if (!is_sorted(ranges)) {
		err = ranges4_sort_by_first(ranges);
		if (err)
			return err;
	}
	for (size_t i = 0; i < ranges->len; i++) {
		/* The sum is in 64 bits: nothing is a neighbour of the last address. */
		if (len && list[i].first <= list[len - 1].last + 1ULL) {
			if (list[i].last > list[len - 1].last)
				list[len - 1].last = list[i].last;
		} else {
			list[len++] = list[i];
		}
	}
	ranges->len = len;
	return 0;
}

__u64 ranges4_count(const struct ranges4 *ranges)
{
	__u64 count = 0;

	for (size_t i = 0; i < ranges->len; i++)
		count += ranges->list[i].last - ranges->list[i].first + 1ULL;
	return count;
}

int range4_prefix(const struct range4 *range)
{
	__u32 size = range->last - range->first; /* less one */

	if (size & (size + 1) || range->first & size)
		return -1;
	return size ? __builtin_clz(size) : 32;
}
