// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include "bpffs/log.h"
#include "scripts/acl_set6_table.h"

static __u64 count_prefixes(const struct ranges6 *ranges)
{
	struct prefix6 prefix;
	unsigned int length;
	__u64 count = 0;

	for (size_t i = 0; i < ranges->len; i++) {
		struct range6 left = ranges->list[i];

		do
			count++;
		while (range6_cut(&left, &prefix.address, &length));
	}
	return count;
}

static int fill(struct set6 *set, const struct ranges6 *ranges)
{
	struct prefix6 prefix = { .state = ACL_SET6_IN };
	unsigned int length;
	bool more;
	int err = 0;

	for (size_t i = 0; !err && i < ranges->len; i++) {
		struct range6 left = ranges->list[i];

		do {
			more = range6_cut(&left, &prefix.address, &length);
			prefix.length = length;
			if (length)
				err = table6_put(set, &prefix);
			else
				set->rows.words[ACL_SET6_REST] = 1;
		} while (!err && more);
	}
	return err;
}

int set6_build(struct set6 *set, struct ranges6 *ranges)
{
	__u64 prefixes;
	int err;

	err = ranges6_sort(ranges, false);
	if (err)
		return failed(err, "cannot put %zu ranges in order", ranges->len);
	prefixes = count_prefixes(ranges);
	/* A key that finds no row is very rare, and even rarer in a table that is a bit larger. */
	for (__u64 room = prefixes;; room += room / 4 + 1) {
		err = table6_make(set, room);
		if (err)
			return err;
		err = fill(set, ranges);
		if (err != -ENOSPC)
			return err;
		set6_close(set);
	}
}
