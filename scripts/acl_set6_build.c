// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include "bpffs/log.h"
#include "scripts/acl_set6_order.h"
#include "scripts/acl_set6_table.h"

/* So many prefixes before one is put in, its place in the table is fetched. */
#define AHEAD 16

static int fill(struct set6 *set, const struct prefixes6 *prefixes)
{
	int err = 0;

	for (size_t i = 0; !err && i < prefixes->len; i++) {
		if (i + AHEAD < prefixes->len)
			table6_fetch(set, &prefixes->list[i + AHEAD]);
		if (prefixes->list[i].length)
			err = table6_put(set, &prefixes->list[i]);
		else
			set->rows.words[ACL_SET6_REST] = 1;
	}
	return err ? err : order6_settle(set, true);
}

int table6_compile(struct set6 *set, const struct prefixes6 *prefixes, __u64 room)
{
	int err;

	/* A key that finds no row is very rare, and even rarer in a table that is a bit larger. */
	for (;; room += room / 4 + 1) {
		err = table6_make(set, room);
		if (err)
			return err;
		err = fill(set, prefixes);
		if (!err)
			return 0;
		set6_close(set);
		if (err != -ENOSPC)
			return err;
	}
}

int set6_build(struct set6 *set, struct ranges6 *ranges)
{
	struct prefixes6 prefixes = {};
	int err;

	err = ranges6_sort(ranges, false);
	if (!err)
		err = prefixes6_cut(&prefixes, ranges, ACL_SET6_IN);
	if (err)
		failed(err, "cannot take %zu ranges apart", ranges->len);
	else
		err = table6_compile(set, &prefixes, prefixes.len);
	prefixes6_free(&prefixes);
	return err;
}
