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

/* A set as it grows: its top words in the map already, what they lead to as it will be there. */
struct draft {
	struct acl_rows tops;
	__u64 *words;
	size_t next, room;
};

static int draft_begin(struct draft *draft)
{
	draft->next = ACL_SET4_FIRST_WORD;
	draft->room = draft->next + 65536;
	draft->words = calloc(draft->room, sizeof(*draft->words));
	if (!draft->words)
		return failed(-ENOMEM, "cannot compile a set of addresses");
	return acl_rows_make_equal(&draft->tops, "acl_top4", ACL_TOP4_ROWS);
}

static int draft_reserve(struct draft *draft, size_t more)
{
	size_t room = draft->room * 2;
	__u64 *words;

	if (draft->next + more <= draft->room)
		return 0;
	words = reallocarray(draft->words, room, sizeof(*words));
	if (!words)
		return failed(-ENOMEM, "cannot compile a set of addresses");
	draft->words = words;
	draft->room = room;
	return 0;
}

static int put_group(struct draft *draft, __u32 group, const struct group4 *content)
{
	__u64 *top = &draft->tops.words[group];
	size_t size;
	__u32 mask;
	int err;

	if (group4_pack(content, top))
		return 0;
	mask = group4_parts(content);
	size = group4_size(content, mask);
	err = draft_reserve(draft, size);
	if (err)
		return err;
	group4_write(content, mask, draft->words, draft->next);
	*top = group4_more(draft->next, 0, mask, group4_full(content));
	draft->next += size;
	return 0;
}

/* Edit one group with the ranges from *r on that begin before its end. */
static int edit_group(struct draft *draft, const struct set4 *base, __u32 group,
                      const struct ranges4 *ranges, size_t r, enum set_edit edit)
{
	__u32 begin = group << ACL_TOP4_SHIFT, end = begin + (GROUP_ADDRESSES - 1);
	struct group4 content;

	group4_read(&content, base ? base->more.words : NULL, base ? base->tops.words[group] : 0);
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

	for (__u32 group = 0; !err && group < ACL_TOP4_GROUPS; group++) {
		__u32 begin = group << ACL_TOP4_SHIFT, end = begin + (GROUP_ADDRESSES - 1);

		while (r < ranges->len && ranges->list[r].last < begin)
			r++;
		if (r < ranges->len && ranges->list[r].first <= begin &&
		    ranges->list[r].last >= end)
			draft->tops.words[group] = edit == SET_ADD ? GROUP_ALL : 0;
		else if ((r < ranges->len && ranges->list[r].first <= end) ||
		         (base && base->tops.words[group]))
			err = edit_group(draft, base, group, ranges, r, edit);
	}
	return err;
}

static int make_more(struct set4 *set, const struct draft *draft)
{
	size_t used = draft->next - ACL_SET4_FIRST_WORD;
	size_t room = draft->next + SPARE + used / SPARE_SHARE;
	__u32 id;
	int err;

	err = acl_rows_make(&set->more, "acl_set4", (room + ACL_ROW_WORDS - 1) / ACL_ROW_WORDS);
	if (!err)
		err = acl_rows_id(&set->more, &id);
	if (err)
		return err;
	memcpy(set->more.words, draft->words, draft->next * sizeof(*draft->words));
	set->more.words[ACL_SET4_MAGIC_WORD] = ACL_SET4_MAGIC;
	set->more.words[ACL_SET4_NEXT_WORD] = draft->next;
	set->tops.words[ACL_TOP4_SET_WORD] = id;
	return 0;
}

static int make(struct set4 *set, const struct draft *draft)
{
	set->tops = draft->tops;
	set->tops.words[ACL_TOP4_MAGIC_WORD] = ACL_TOP4_MAGIC;
	return draft->next > ACL_SET4_FIRST_WORD ? make_more(set, draft) : 0;
}

int set4_build(struct set4 *set, const struct set4 *base, struct ranges4 *ranges,
               enum set_edit edit)
{
	struct draft draft = { .tops = { .fd = -1 } };
	int err;

	*set = (struct set4){ .tops = { .fd = -1 }, .more = { .fd = -1 } };
	err = ranges4_sort(ranges);
	if (err)
		failed(err, "cannot compile a set of addresses from %zu ranges", ranges->len);
	else
		err = draft_begin(&draft);
	if (!err)
		err = fill(&draft, base, ranges, edit);
	if (!err)
		err = make(set, &draft);
	else
		acl_rows_close(&draft.tops);
	if (err)
		set4_close(set);
	free(draft.words);
	return err;
}
