// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "scripts/acl_ranges.h"

struct addr6 addr6_read(const __u8 bytes[16])
{
	__be64 words[2];

	memcpy(words, bytes, sizeof(words));
	return (struct addr6){ be64toh(words[0]), be64toh(words[1]) };
}

void addr6_write(struct addr6 a, __u8 bytes[16])
{
	__be64 words[2] = { htobe64(a.high), htobe64(a.low) };

	memcpy(bytes, words, sizeof(words));
}

int addr6_compare(struct addr6 a, struct addr6 b)
{
	if (a.high != b.high)
		return a.high < b.high ? -1 : 1;
	if (a.low != b.low)
		return a.low < b.low ? -1 : 1;
	return 0;
}

struct addr6 addr6_next(struct addr6 a)
{
	a.low++;
	a.high += !a.low;
	return a;
}

struct addr6 addr6_previous(struct addr6 a)
{
	a.high -= !a.low;
	a.low--;
	return a;
}

struct addr6 addr6_mask(unsigned int length)
{
	if (length > 64)
		return (struct addr6){ ~0ULL, ~0ULL << (128 - length) };
	return (struct addr6){ length ? ~0ULL << (64 - length) : 0, 0 };
}

int ranges6_add(struct ranges6 *ranges, struct addr6 first, struct addr6 last)
{
	struct range6 *list = acl_grow(ranges->list, ranges->len, &ranges->room, sizeof(*list));

	if (!list)
		return -ENOMEM;
	ranges->list = list;
	list[ranges->len++] = (struct range6){ first, last };
	return 0;
}

int ranges6_add_prefix(struct ranges6 *ranges, struct addr6 address, unsigned int length)
{
	struct addr6 mask = addr6_mask(length);
	struct addr6 first = { address.high & mask.high, address.low & mask.low };
	struct addr6 last = { address.high | ~mask.high, address.low | ~mask.low };

	return ranges6_add(ranges, first, last);
}

void ranges6_free(struct ranges6 *ranges)
{
	free(ranges->list);
	memset(ranges, 0, sizeof(*ranges));
}

/* Of those that begin together, the longest first. */
static int compare_ranges(const void *a, const void *b)
{
	const struct range6 *x = a, *y = b;
	int by_first = addr6_compare(x->first, y->first);

	return by_first ? by_first : addr6_compare(y->last, x->last);
}

static bool are_neighbours(struct addr6 last, struct addr6 first)
{
	struct addr6 next = addr6_next(last);

	return (next.high || next.low) && !addr6_compare(next, first);
}

static bool is_sorted(const struct ranges6 *ranges)
{
	for (size_t i = 1; i < ranges->len; i++)
		if (compare_ranges(&ranges->list[i - 1], &ranges->list[i]) > 0)
			return false;
	return true;
}

static __u32 top_of(const struct range6 *range)
{
	return range->first.high >> 32;
}

/* Each run of those with the same top, by all the rest. */
static void sort_runs(struct range6 *list, size_t len)
{
	size_t end;

	for (size_t begin = 0; begin < len; begin = end) {
		for (end = begin + 1; end < len && top_of(&list[end]) == top_of(&list[begin]);)
			end++;
		if (end - begin > 1)
			qsort(&list[begin], end - begin, sizeof(*list), compare_ranges);
	}
}

/* By the first half of the prefix that sites get, as IPv4 is sorted; then the runs of equal ones.
 */
static int sort(struct ranges6 *ranges)
{
	struct range6 *sorted = reallocarray(NULL, ranges->len, sizeof(*sorted));
	struct ranges4 order = {}; /* the top, and where it stands */
	int err = sorted && ranges->len <= (__u32)-1 ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < ranges->len; i++)
		err = ranges4_add(&order, top_of(&ranges->list[i]), i);
	if (!err)
		err = ranges4_sort_by_first(&order);
	for (size_t i = 0; !err && i < ranges->len; i++)
		sorted[i] = ranges->list[order.list[i].last];
	ranges4_free(&order);
	if (err) {
		free(sorted);
		return err;
	}
	free(ranges->list);
	ranges->list = sorted;
	ranges->room = ranges->len;
	sort_runs(sorted, ranges->len);
	return 0;
}

int ranges6_sort(struct ranges6 *ranges, bool neighbours)
{
	struct range6 *list;
	size_t len = 0;
	int err;

	if (!is_sorted(ranges)) {
		err = sort(ranges);
		if (err)
			return err;
	}
	list = ranges->list;
	for (size_t i = 0; i < ranges->len; i++) {
		struct range6 *last = len ? &list[len - 1] : NULL;

		if (last && (addr6_compare(list[i].first, last->last) <= 0 ||
		             (neighbours && are_neighbours(last->last, list[i].first)))) {
			if (addr6_compare(list[i].last, last->last) > 0)
				last->last = list[i].last;
		} else {
			list[len++] = list[i];
		}
	}
	ranges->len = len;
	return 0;
}

/* How many bits from the right are zero: 128 for zero. */
static unsigned int zeros_behind(struct addr6 a)
{
	if (a.low)
		return __builtin_ctzll(a.low);
	return a.high ? 64 + __builtin_ctzll(a.high) : 128;
}

static struct addr6 last_of(struct addr6 prefix, unsigned int length)
{
	struct addr6 mask = addr6_mask(length);

	return (struct addr6){ prefix.high | ~mask.high, prefix.low | ~mask.low };
}

int range6_prefix(const struct range6 *range)
{
	struct range6 left = *range;
	struct addr6 prefix;
	unsigned int length;

	return range6_cut(&left, &prefix, &length) ? -1 : (int)length;
}

bool range6_cut(struct range6 *range, struct addr6 *prefix, unsigned int *length)
{
	unsigned int longest = 128 - zeros_behind(range->first);
	struct addr6 last;

	while (addr6_compare(last_of(range->first, longest), range->last) > 0)
		longest++;
	*prefix = range->first;
	*length = longest;
	last = last_of(range->first, longest);
	range->first = addr6_next(last);
	return addr6_compare(last, range->last) < 0;
}
