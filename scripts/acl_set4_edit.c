// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A set is edited while programs read it. Of a group they see the old or the new top word, of a
 * /24 the old or the new block; what these lead to is written before them.
 */
#include <errno.h>
#include <string.h>
#include "scripts/acl_set4_group.h"

/* Words behind all that were ever written; -ENOSPC: not so many are left. */
static int take_room(struct set4 *set, size_t words, __u32 *at)
{
	__u64 next = set->rows.words[ACL_SET4_NEXT_WORD];

	if (next + words > (__u64)set->rows.len * ACL_ROW_WORDS)
		return -ENOSPC;
	acl_store(&set->rows.words[ACL_SET4_NEXT_WORD], next + words);
	*at = next;
	return 0;
}

/* Change one block, whose group stays where it is. */
static int write_block(struct set4 *set, __u64 *block, const __u64 *bits)
{
	__u64 *words = set->rows.words, packed;
	__u32 bitmap = (__u32)*block;
	int err;

	/* What has a bitmap keeps it, else it would lose it and want another, again and again. */
	if (*block & ACL_SET4_BITMAP) {
		for (int i = 0; i < ACL_SET4_BITMAP_WORDS; i++)
			if (words[bitmap + i] != bits[i])
				acl_store(&words[bitmap + i], bits[i]);
		return 0;
	}
	if (!block4_pack(bits, &packed)) {
		err = take_room(set, ACL_SET4_BITMAP_WORDS, &bitmap);
		if (err)
			return err;
		memcpy(words + bitmap, bits, ACL_SET4_BITMAP_WORDS * sizeof(*words));
		packed = ACL_SET4_BITMAP | bitmap;
	}
	if (*block != packed)
		acl_store(block, packed);
	return 0;
}

static int write_blocks(struct set4 *set, __u64 top, const struct group4 *content)
{
	__u64 *block = set->rows.words + (top >> 32);
	int err = 0;

	for (__u32 mask = (__u32)top; !err && mask; mask &= mask - 1, block++)
		err = write_block(set, block,
		                  content->words + __builtin_ctz(mask) * ACL_SET4_BITMAP_WORDS);
	return err;
}

static int write_group(struct set4 *set, __u32 group, const struct group4 *content)
{
	__u64 *words = set->rows.words, top = words[group];
	__u32 mask, base;
	bool full;
	int err;

	mask = group4_mask(content, &full);
	if (full) {
		acl_store(&words[group], group4_top(ACL_SET4_FULL, mask));
		return 0;
	}
	if (top >> 32 != ACL_SET4_FULL && !(mask & ~(__u32)top))
		return write_blocks(set, top, content);
	err = take_room(set, group4_size(content, mask), &base);
	if (err)
		return err;
	group4_write(content, mask, words, base);
	acl_store(&words[group], group4_top(base, mask));
	return 0;
}

/* Edit a part of a group: begin and end are addresses in it. */
static int edit_group(struct set4 *set, __u32 begin, __u32 end, enum set_edit edit, __s64 *grown)
{
	__u32 group = begin >> GROUP_SHIFT;
	struct group4 before, after;
	__u64 all = edit == SET_ADD ? GROUP_ALL : 0;
	bool is_whole = end - begin == GROUP_ADDRESSES - 1;
	int err;

	if (is_whole && set->rows.words[group] == all)
		return 0;
	group4_read(&before, set->rows.words, set->rows.words[group]);
	after = before;
	group4_edit(&after, begin % GROUP_ADDRESSES, end % GROUP_ADDRESSES, edit);
	if (!memcmp(&before, &after, sizeof(before)))
		return 0;
	err = write_group(set, group, &after);
	if (!err)
		*grown += (__s64)group4_count(&after) - group4_count(&before);
	return err;
}

static int edit_range(struct set4 *set, const struct range4 *range, enum set_edit edit,
                      __s64 *grown)
{
	__u64 begin = range->first, end;
	int err = 0;

	for (; !err && begin <= range->last; begin = end + 1) {
		end = begin | (GROUP_ADDRESSES - 1);
		if (end > range->last)
			end = range->last;
		err = edit_group(set, begin, end, edit, grown);
	}
	return err;
}

static int edit_in_place(struct set4 *set, const struct ranges4 *ranges, enum set_edit edit,
                         __s64 *grown)
{
	int err = 0;

	for (size_t i = 0; !err && i < ranges->len; i++)
		err = edit_range(set, &ranges->list[i], edit, grown);
	return err;
}

static int replace(const struct set4 *set, int sets_fd, __u32 list, struct ranges4 *ranges,
                   enum set_edit edit, __s64 *grown)
{
	struct set4 fresh;
	int err;

	err = set4_build(&fresh, set, ranges, edit);
	if (err)
		return err;
	*grown += (__s64)set4_count(&fresh) - (set ? (__s64)set4_count(set) : 0);
	err = set4_publish(&fresh, sets_fd, list);
	set4_close(&fresh);
	return err;
}

int set4_edit(int sets_fd, __u32 list, struct ranges4 *ranges, enum set_edit edit, __u64 *changed)
{
	struct set4 set;
	__s64 grown = 0;
	int err;

	err = set4_open(&set, sets_fd, list, true);
	if (err == -ENOENT) {
		err = edit == SET_ADD ? replace(NULL, sets_fd, list, ranges, edit, &grown) : 0;
	} else if (!err) {
		err = ranges4_sort(ranges);
		if (!err)
			err = edit_in_place(&set, ranges, edit, &grown);
		if (err == -ENOSPC)
			err = replace(&set, sets_fd, list, ranges, edit, &grown);
		set4_close(&set);
	}
	if (!err && changed)
		*changed = grown < 0 ? -grown : grown;
	return err;
}
