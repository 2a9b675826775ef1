// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "scripts/acl_prefixes6.h"

int prefixes6_add(struct prefixes6 *prefixes, const struct prefix6 *prefix)
{
	struct prefix6 *list =
		acl_grow(prefixes->list, prefixes->len, &prefixes->room, sizeof(*list));

	if (!list)
		return -ENOMEM;
	prefixes->list = list;
	list[prefixes->len++] = *prefix;
	return 0;
}

int prefixes6_cut(struct prefixes6 *prefixes, const struct ranges6 *ranges, __u8 state)
{
	struct prefix6 prefix = { .state = state };
	unsigned int length;
	bool more;
	int err = 0;

	for (size_t i = 0; !err && i < ranges->len; i++) {
		struct range6 left = ranges->list[i];

		do {
			more = range6_cut(&left, &prefix.address, &length);
			prefix.length = length;
			err = prefixes6_add(prefixes, &prefix);
		} while (!err && more);
	}
	return err;
}

void prefixes6_free(struct prefixes6 *prefixes)
{
	free(prefixes->list);
	memset(prefixes, 0, sizeof(*prefixes));
}

int prefix6_compare(const void *a, const void *b)
{
	const struct prefix6 *x = a, *y = b;
	int by_address = addr6_compare(x->address, y->address);

	return by_address ? by_address : x->length - y->length;
}

void prefixes6_sort(struct prefixes6 *prefixes)
{
	if (prefixes->len)
		qsort(prefixes->list, prefixes->len, sizeof(*prefixes->list), prefix6_compare);
}

size_t prefixes6_up_to(const struct prefixes6 *prefixes, struct addr6 address)
{
	size_t low = 0, high = prefixes->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr6_compare(prefixes->list[middle].address, address) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct addr6 prefix6_last(const struct prefix6 *prefix)
{
	struct addr6 mask = addr6_mask(prefix->length);

	return (struct addr6){ prefix->address.high | ~mask.high, prefix->address.low | ~mask.low };
}

bool prefix6_is_within(const struct prefix6 *prefix, const struct prefix6 *outer)
{
	struct addr6 mask = addr6_mask(outer->length);

	return prefix->length > outer->length &&
	       !((prefix->address.high ^ outer->address.high) & mask.high) &&
	       !((prefix->address.low ^ outer->address.low) & mask.low);
}
