// SPDX-License-Identifier: GPL-2.0-or-later
/* A set is compiled in memory, and then copied into a map of the size that it needs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "scripts/acl_set4_group.h"

/* Free words for later edits: so many, and one for so many that are used. */
#define SPARE       8192
#define SPARE_SHARE 8

/* A set as it grows, as it will be in the map. */
struct draft {
	__u64 *words;
	size_t next, room;
};

static int draft_begin(struct draft *draft)
{
	draft->next = ACL_SET4_FIRST_WORD;
	draft->room = draft->next + 65536;
	draft->words = calloc(draft->room, sizeof(*draft->words));
	if (!draft->words)
		return -ENOMEM;
	for (int i = 0; i < ACL_SET4_FULL_WORDS; i++)
		draft->words[ACL_SET4_FULL + i] = ACL_SET4_FULL_ENTRIES;
	return 0;
}

static int draft_reserve(struct draft *draft, size_t more)
{
	size_t room = draft->room * 2;
	__u64 *words;

	if (draft->next + more <= draft->room)
		return 0;
	words = reallocarray(draft->words, room, sizeof(*words));
	if (!words)
		return -ENOMEM;
	draft->words = words;
	draft->room = room;
	return 0;
}

static int put_group(struct draft *draft, __u32 group, const struct group4 *content)
{
	bool full;
	__u32 mask = group4_mask(content, &full);
	size_t size;
	int err;

	if (full) {
		draft->words[group] = group4_top(ACL_SET4_FULL, mask);
		return 0;
	}
	size = group4_size(content, mask);
	err = draft_reserve(draft, size);
	if (err)
		return err;
	group4_write(content, mask, draft->words, draft->next);
	draft->words[group] = group4_top(draft->next, mask);
	draft->next += size;
	return 0;
}

/* Edit one group with the ranges from *r on that begin before its end. */
static int edit_group(struct draft *draft, const struct set4 *base, __u32 group,
                      const struct ranges4 *ranges, size_t r, enum set_edit edit)
{
	__u32 begin = group << GROUP_SHIFT, end = begin + (GROUP_ADDRESSES - 1);
	const __u64 *words = base ? base->rows.words : NULL;
	struct group4 content;

	group4_read(&content, words, words ? words[group] : 0);
	for (; r < ranges->len && ranges->list[r].first <= end; r++) {
		const struct range4 *range = &ranges->list[r];

		group4_edit(&content, range->first > begin ? range->first - begin : 0,
		            (range->last < end ? range->last : end) - begin, edit);
	}
	return put_group(draft, group, &content);
}

static int fill(struct draft *draft, const struct set4 *base, const struct ranges4 *ranges,
                enum set_edit edit)
{
	size_t r = 0;
	int err = 0;

	for (__u32 group = 0; !err && group < ACL_SET4_TOP_WORDS; group++) {
		__u32 begin = group << GROUP_SHIFT, end = begin + (GROUP_ADDRESSES - 1);

		while (r < ranges->len && ranges->list[r].last < begin)
			r++;
		if (r < ranges->len && ranges->list[r].first <= begin &&
		    ranges->list[r].last >= end)
			draft->words[group] = edit == SET_ADD ? GROUP_ALL : 0;
		else if ((r < ranges->len && ranges->list[r].first <= end) ||
		         (base && base->rows.words[group]))
			err = edit_group(draft, base, group, ranges, r, edit);
	}
	return err;
}

static int make(struct set4 *set, struct draft *draft)
{
	size_t used = draft->next - ACL_SET4_FIRST_WORD;
	size_t room = draft->next + SPARE + used / SPARE_SHARE;
	int err;

	err = acl_rows_make(&set->rows, "acl_set4", (room + ACL_ROW_WORDS - 1) / ACL_ROW_WORDS);
	if (err)
		return err;
	draft->words[ACL_SET4_MAGIC_WORD] = ACL_SET4_MAGIC;
	draft->words[ACL_SET4_NEXT_WORD] = draft->next;
	memcpy(set->rows.words, draft->words, draft->next * sizeof(*draft->words));
	return 0;
}

int set4_build(struct set4 *set, const struct set4 *base, struct ranges4 *ranges,
               enum set_edit edit)
{
	struct draft draft = {};
	int err;

	err = ranges4_sort(ranges);
	if (!err)
		err = draft_begin(&draft);
	if (!err)
		err = fill(&draft, base, ranges, edit);
	if (err)
		failed(err, "cannot compile a set of addresses from %zu ranges", ranges->len);
	else
		err = make(set, &draft);
	free(draft.words);
	return err;
}
