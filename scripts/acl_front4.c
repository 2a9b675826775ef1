// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include "scripts/acl_front4.h"
#include "scripts/acl_set4_group.h"

#define FRONT_WORDS ((size_t)ACL_FRONT4_ROWS * ACL_ROW_WORDS)
#define GROUP_BITS  (GROUP_BLOCKS / 2) /* a bit for two /24s */

_Static_assert(1 << ACL_FRONT4_SHIFT == 2 * 256, "a bit of the front is for two /24s");
_Static_assert(FRONT_WORDS * 64 << ACL_FRONT4_SHIFT == 1ULL << 32, "the front is for all of IPv4");

/* One bit for each two of a group, from the lowest. */
static __u64 halve(__u32 mask)
{
	__u32 pairs = (mask | mask >> 1) & 0x5555;

	pairs = (pairs | pairs >> 1) & 0x3333;
	pairs = (pairs | pairs >> 2) & 0x0f0f;
	return (pairs | pairs >> 4) & 0xff;
}

static int build(struct acl_rows *front, const struct set4 *set)
{
	int err = acl_rows_make_equal(front, "acl_front4", ACL_FRONT4_ROWS);

	for (__u32 group = 0; !err && group < ACL_TOP4_GROUPS; group++) {
		__u32 bit = group * GROUP_BITS;

		front->words[bit / 64] |= halve(group4_blocks(set->tops.words[group])) << bit % 64;
	}
	return err;
}

/* Interfaces that share a front each have a lock of their own: what others set must stay. */
static void set_bits(struct acl_rows *front, size_t word, __u64 bits)
{
	if (bits & ~front->words[word])
		__atomic_fetch_or(&front->words[word], bits, __ATOMIC_SEQ_CST);
}

static int set_range(struct acl_rows *front, const struct range4 *range)
{
	__u32 first = range->first >> ACL_FRONT4_SHIFT, last = range->last >> ACL_FRONT4_SHIFT;
	__u32 row = first / (64 * ACL_ROW_WORDS), end = last / (64 * ACL_ROW_WORDS) + 1;
	int err = acl_rows_map_some(front, row, end - row);

	for (__u32 word = first / 64; word <= last / 64 && !err; word++) {
		__u64 bits = ~0ULL;

		if (word == first / 64)
			bits &= ~0ULL << first % 64;
		if (word == last / 64)
			bits &= ~0ULL >> (63 - last % 64);
		set_bits(front, word, bits);
	}
	return err;
}

/* Before these addresses come into the set: let the front say that they may be there. */
static int allow_ranges(int fronts_fd, __u32 slot, const struct ranges4 *ranges)
{
	struct acl_rows front;
	int err = acl_rows_open_parts(&front, fronts_fd, slot, true);

	if (err)
		return err == -ENOENT ? 0 : err;
	for (size_t i = 0; i < ranges->len && !err; i++)
		err = set_range(&front, &ranges->list[i]);
	acl_rows_close(&front);
	return err;
}

/*
 * The same for all that another front allows. The one that is changed may be that of another slot
 * as well, whose set it then covers all the more.
 */
static int allow(int fronts_fd, __u32 slot, const struct acl_rows *wanted)
{
	struct acl_rows front;
	int err = acl_rows_open(&front, fronts_fd, slot, true);

	if (err)
		return err == -ENOENT ? 0 : err;
	for (size_t i = 0; i < FRONT_WORDS; i++)
		set_bits(&front, i, wanted->words[i]);
	acl_rows_close(&front);
	return 0;
}

int front4_publish_set(const struct set4_maps *maps, __u32 slot, struct set4 *set)
{
	struct acl_rows front;
	int err;

	err = build(&front, set);
	if (err)
		return err;
	err = allow(maps->fronts_fd, slot, &front);
	if (!err)
		err = set4_publish(set, maps, slot);
	if (!err)
		err = acl_rows_publish(&front, maps->fronts_fd, slot);
	acl_rows_close(&front);
	return err;
}

int front4_remove_set(const struct set4_maps *maps, __u32 slot)
{
	int err = set4_remove(maps, slot);

	return err ? err : acl_rows_remove(maps->fronts_fd, slot);
}

int front4_edit_set(const struct set4_maps *maps, __u32 slot, struct ranges4 *ranges,
                    enum set_edit edit, __u64 *changed)
{
	int err = edit == SET_ADD ? allow_ranges(maps->fronts_fd, slot, ranges) : 0;

	return err ? err : set4_edit(maps, slot, ranges, edit, changed);
}
