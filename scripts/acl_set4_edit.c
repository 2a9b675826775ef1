// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A set is edited while programs read it. Of a group they see the old or the new top word, of a
 * /24 the old or the new entry; what these lead to is written before them.
 */
#include <errno.h>
#include <string.h>
#include "scripts/acl_set4_group.h"

/* Words behind all that were ever written; -ENOSPC: not so many are left. */
static int take_room(struct set4 *set, size_t words, __u32 *at)
{
	__u64 next = set->more.words ? set->more.words[ACL_SET4_NEXT_WORD] : 0;

	if (!next || next + words > (__u64)set->more.len * ACL_ROW_WORDS)
		return -ENOSPC;
	acl_store(&set->more.words[ACL_SET4_NEXT_WORD], next + words);
	*at = next;
	return 0;
}

/* Store one entry of a group; the word has others, which stay. */
static void store_entry(__u64 *words, __u32 at, __u32 entry)
{
	__u64 *word = words + at / ACL_SET4_ENTRIES;
	unsigned int shift = at % ACL_SET4_ENTRIES * 16;

	acl_store(word, (*word & ~(0xffffULL << shift)) | (__u64)entry << shift);
}

/*
 * Whether a group can take this content where it is: if the /24s of which it has a part have an
 * entry, and those that need a bitmap have one. What has one keeps it, else it would want another,
 * again and again.
 */
static bool fits_in_place(const __u64 *words, __u64 top, const struct group4 *content)
{
	__u32 parts = group4_parts(content), entry;

	if (!(top & ACL_TOP4_MORE) || parts & ~group4_entries(top))
		return false;
	for (; parts; parts &= parts - 1) {
		unsigned int block = __builtin_ctz(parts);

		if (!block4_pack(content->words + block * ACL_SET4_BITMAP_WORDS, &entry) &&
		    !group4_bitmap(words, top, group4_entry(words, top, block)))
			return false;
	}
	return true;
}

/* Those that have an entry are not said to be full by the top word, else it would decide. */
static void write_in_place(__u64 *words, __u64 *top, const struct group4 *content)
{
	__u32 at = 0, full = group4_full(content) & ~group4_entries(*top), old, entry;

	for (__u32 mask = group4_entries(*top); mask; mask &= mask - 1, at++) {
		unsigned int block = __builtin_ctz(mask);
		const __u64 *bits = content->words + block * ACL_SET4_BITMAP_WORDS;
		__u64 *bitmap;

		old = group4_entry(words, *top, block);
		bitmap = (__u64 *)group4_bitmap(words, *top, old);
		for (int i = 0; bitmap && i < ACL_SET4_BITMAP_WORDS; i++)
			if (bitmap[i] != bits[i])
				acl_store(&bitmap[i], bits[i]);
		if (bitmap)
			continue;
		block4_pack(bits, &entry);
		if (entry != old)
			store_entry(words + group4_base(*top), at, entry);
	}
	if (full != (*top & GROUP_ALL))
		acl_store(top, (*top & ~GROUP_ALL) | full);
}

static int write_group(struct set4 *set, __u32 group, const struct group4 *content)
{
	__u64 *words = set->more.words, *top = &set->tops.words[group], packed;
	__u32 mask, base;
	int err;

	if (fits_in_place(words, *top, content)) {
		write_in_place(words, top, content);
		return 0;
	}
	if (group4_pack(content, &packed)) {
		acl_store(top, packed);
		return 0;
	}
	mask = group4_parts(content);
	err = take_room(set, group4_size(content, mask), &base);
	if (err)
		return err;
	group4_write(content, mask, words, base);
	acl_store(top, group4_more(base, set->tops.words[ACL_TOP4_HALF_WORD] & 1, mask,
	                           group4_full(content)));
	return 0;
}

/* Edit a part of a group: begin and end are addresses in it. */
static int edit_group(struct set4 *set, __u32 begin, __u32 end, enum set_edit edit, __s64 *grown)
{
	__u32 group = begin >> ACL_TOP4_SHIFT;
	__u64 *top = &set->tops.words[group], all = edit == SET_ADD ? GROUP_ALL : 0;
	bool is_whole = end - begin == GROUP_ADDRESSES - 1;
	struct group4 before, after;
	int err = 0;

	if (is_whole && *top == all)
		return 0;
	group4_read(&before, set->more.words, *top);
	after = before;
	group4_edit(&after, begin % GROUP_ADDRESSES, end % GROUP_ADDRESSES, edit);
	if (!memcmp(&before, &after, sizeof(before)))
		return 0;
	if (is_whole)
		acl_store(top, all);
	else
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

static int replace(const struct set4 *set, const struct set4_maps *maps, __u32 list,
                   struct ranges4 *ranges, enum set_edit edit, __s64 *grown)
{
	struct set4 fresh;
	int err;

	err = set4_build(&fresh, set, ranges, edit);
	if (err)
		return err;
	*grown += (__s64)set4_count(&fresh) - (set ? (__s64)set4_count(set) : 0);
	err = set4_publish(&fresh, maps, list);
	set4_close(&fresh);
	return err;
}

/* The same in place of one that is open in parts. */
static int renew(struct set4 *set, const struct set4_maps *maps, __u32 list, struct ranges4 *ranges,
                 enum set_edit edit, __s64 *grown)
{
	int err = set4_map_all(set);

	return err ? err : replace(set, maps, list, ranges, edit, grown);
}

int set4_edit(const struct set4_maps *maps, __u32 list, struct ranges4 *ranges, enum set_edit edit,
              __u64 *changed)
{
	struct set4 set;
	__s64 grown = 0;
	int err;

	err = set4_open_parts(&set, maps, list);
	if (err == -ENOENT) {
		err = edit == SET_ADD ? replace(NULL, maps, list, ranges, edit, &grown) : 0;
	} else if (!err) {
		err = ranges4_sort(ranges);
		if (!err)
			err = set4_map_ranges(&set, ranges);
		if (!err)
			err = edit_in_place(&set, ranges, edit, &grown);
		if (err == -ENOSPC)
			err = renew(&set, maps, list, ranges, edit, &grown);
		set4_close(&set);
	}
	if (!err && changed)
		*changed = grown < 0 ? -grown : grown;
	return err;
}
