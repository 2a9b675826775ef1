// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "scripts/acl_set6_order.h"
#include "scripts/acl_set6_table.h"

/* Above so many prefixes, it is less to map all of the table than the page of each. */
#define WITHIN_FEW 512

static __u64 first_row(const struct set6 *set)
{
	return set->rows.words[ACL_SET6_ORDER] >> 32;
}

static __u64 count_of(const struct set6 *set)
{
	return (__u32)set->rows.words[ACL_SET6_ORDER];
}

__u64 order6_rows(__u64 slots)
{
	return slots / ACL_SET6_ORDER_ENTRIES + 1;
}

bool order6_is_known(const struct set6 *set)
{
	return !set->rows.words[ACL_SET6_UNORDERED];
}

int order6_add(struct set6 *set, __u32 slot)
{
	__u64 room = (set->rows.len - first_row(set)) * ACL_SET6_ORDER_ENTRIES;
	struct slots6 *fresh = &set->fresh;
	__u32 *list;

	if (count_of(set) + fresh->len >= room)
		return -ENOSPC;
	list = acl_grow(fresh->list, fresh->len, &fresh->room, sizeof(*list));
	if (!list)
		return failed(-ENOMEM, "cannot put %zu prefixes in order", fresh->len + 1);
	fresh->list = list;
	list[fresh->len++] = slot;
	acl_store(&set->rows.words[ACL_SET6_UNORDERED], 1);
	return 0;
}

/* Returns 0 with the order mapped, or a negative errno, reported. */
static int map_order(const struct set6 *set, __u32 **order)
{
	int err = acl_rows_map_some(&set->rows, first_row(set), set->rows.len - first_row(set));

	*order = (__u32 *)acl_rows_at(&set->rows, first_row(set));
	return err ? err : acl_rows_error(&set->rows);
}

/* How many of the first slots in order have prefixes that come before this one. */
static __u64 before(const struct set6 *set, const __u32 *order, __u64 count,
                    const struct prefix6 *prefix)
{
	__u64 low = 0;

	while (low < count) {
		__u64 middle = low + (count - low) / 2;
		struct prefix6 there = table6_at(set, order[middle]);

		if (prefix6_compare(&there, prefix) < 0)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

static int by_prefix(const void *a, const void *b, void *set)
{
	struct prefix6 x = table6_at(set, *(const __u32 *)a), y = table6_at(set, *(const __u32 *)b);

	return prefix6_compare(&x, &y);
}

int order6_settle(struct set6 *set, bool sorted)
{
	__u64 *word = &set->rows.words[ACL_SET6_ORDER], end = count_of(set), at;
	struct slots6 *fresh = &set->fresh;
	struct prefix6 prefix;
	__u32 *order;
	int err;

	if (!fresh->len)
		return 0;
	err = map_order(set, &order);
	if (err)
		return err;
	if (!sorted)
		qsort_r(fresh->list, fresh->len, sizeof(*fresh->list), by_prefix, set);
	/* From the last on, what is behind each moves on by as many as there are up to it. */
	for (size_t i = fresh->len; i--; end = at) {
		prefix = table6_at(set, fresh->list[i]);
		at = before(set, order, end, &prefix);
		memmove(&order[at + i + 1], &order[at], (end - at) * sizeof(*order));
		order[at + i] = fresh->list[i];
	}
	err = acl_rows_error(&set->rows);
	if (err)
		return err;
	acl_store(word, *word + fresh->len);
	acl_store(&set->rows.words[ACL_SET6_UNORDERED], 0);
	fresh->len = 0;
	return 0;
}

int order6_within(struct set6 *set, const struct prefix6 *outer, struct prefixes6 *inner)
{
	struct prefix6 prefix = *outer, last = { .address = prefix6_last(outer), .length = 129 };
	__u64 begin, end;
	__u32 *order;
	int err = map_order(set, &order);

	if (err)
		return err;
	prefix.length++;
	begin = before(set, order, count_of(set), &prefix);
	end = before(set, order, count_of(set), &last);
	if (end > begin + WITHIN_FEW)
		err = acl_rows_map_all(&set->rows);
	for (; !err && begin < end; begin++) {
		prefix = table6_at(set, order[begin]);
		if (prefix.state)
			err = prefixes6_add(inner, &prefix);
	}
	return err ? err : acl_rows_error(&set->rows);
}
