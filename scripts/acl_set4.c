// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include "bpffs/log.h"
#include "scripts/acl_set4_group.h"

#define MANY_RANGES 256 /* to map all pages at once takes less time than theirs one by one */

static bool has_magic(const struct acl_rows *rows, __u32 len, __u32 at, __u64 magic)
{
	return rows->len >= len && rows->words[at] == magic;
}

/* -ENOENT, not reported: there is none, or it was replaced since its top words were opened. */
static int open_more(struct set4 *set, bool writable)
{
	int err;

	set->more = (struct acl_rows){ .fd = -1 };
	if (!has_magic(&set->tops, ACL_TOP4_ROWS, ACL_TOP4_MAGIC_WORD, ACL_TOP4_MAGIC))
		return -EINVAL;
	if (!set->tops.words[ACL_TOP4_SET_WORD])
		return 0;
	err = acl_rows_open_id(&set->more, set->tops.words[ACL_TOP4_SET_WORD], writable);
	if (err)
		return err;
	if (has_magic(&set->more, 1, ACL_SET4_MAGIC_WORD, ACL_SET4_MAGIC))
		return 0;
	acl_rows_close(&set->more);
	return -EINVAL;
}

/* To edit: in parts, of which nothing is mapped but what is behind all top words. */
static int open_tops(struct acl_rows *tops, const struct set4_maps *maps, __u32 list, bool to_edit)
{
	int err;

	if (!to_edit)
		return acl_rows_open(tops, maps->tops_fd, list, false);
	err = acl_rows_open_parts(tops, maps->tops_fd, list, true);
	if (err || tops->len < ACL_TOP4_ROWS)
		return err;
	err = acl_rows_map_some(tops, ACL_TOP4_ROWS - 1, 1);
	if (err)
		acl_rows_close(tops);
	return err;
}

static int open_set(struct set4 *set, const struct set4_maps *maps, __u32 list, bool to_edit)
{
	__u64 gone = 0;
	int err;

	for (;;) {
		err = open_tops(&set->tops, maps, list, to_edit);
		if (err)
			return err;
		err = open_more(set, to_edit);
		if (!err)
			return 0;
		if (err == -ENOENT && set->tops.words[ACL_TOP4_SET_WORD] == gone)
			err = -EINVAL;
		if (err == -ENOENT)
			gone = set->tops.words[ACL_TOP4_SET_WORD];
		acl_rows_close(&set->tops);
		if (err == -EINVAL)
			return rejected(err,
			                "cannot read the IPv4 addresses of list %u: another format",
			                list);
		if (err != -ENOENT)
			return err;
	}
}

int set4_open(struct set4 *set, const struct set4_maps *maps, __u32 list)
{
	return open_set(set, maps, list, false);
}

int set4_open_parts(struct set4 *set, const struct set4_maps *maps, __u32 list)
{
	return open_set(set, maps, list, true);
}

int set4_map_all(struct set4 *set)
{
	return acl_rows_map_all(&set->tops);
}

int set4_map_ranges(struct set4 *set, const struct ranges4 *ranges)
{
	int err = 0;

	if (ranges->len > MANY_RANGES)
		return set4_map_all(set);
	for (size_t i = 0; i < ranges->len && !err; i++) {
		__u32 first = (ranges->list[i].first >> ACL_TOP4_SHIFT) / ACL_ROW_WORDS;
		__u32 last = (ranges->list[i].last >> ACL_TOP4_SHIFT) / ACL_ROW_WORDS;

		err = acl_rows_map_some(&set->tops, first, last - first + 1);
	}
	return err;
}

void set4_close(struct set4 *set)
{
	acl_rows_close(&set->tops);
	acl_rows_close(&set->more);
}

/* Where the entries of a list's set are; 0 if there is none that can be read. */
static __u32 half_of(const struct set4_maps *maps, __u32 list)
{
	struct acl_rows tops;
	__u32 half = 0;

	if (acl_rows_open(&tops, maps->tops_fd, list, false))
		return 0;
	if (has_magic(&tops, ACL_TOP4_ROWS, ACL_TOP4_MAGIC_WORD, ACL_TOP4_MAGIC))
		half = tops.words[ACL_TOP4_HALF_WORD] & 1;
	acl_rows_close(&tops);
	return half;
}

/* Let it have its entries in the other half. Nobody looks at it yet. */
static void turn(struct set4 *set)
{
	for (__u32 group = 0; group < ACL_TOP4_GROUPS; group++)
		if (set->tops.words[group] & ACL_TOP4_MORE)
			set->tops.words[group] ^= 1ULL << ACL_TOP4_HALF;
	set->tops.words[ACL_TOP4_HALF_WORD] ^= 1;
}

int set4_publish(struct set4 *set, const struct set4_maps *maps, __u32 list)
{
	__u32 old = half_of(maps, list);
	int err;

	if (set->tops.words[ACL_TOP4_HALF_WORD] == old)
		turn(set);
	/* Who was killed before may have left something there. */
	if (set->more.words)
		err = acl_rows_publish(&set->more, maps->sets_fd, acl_set4_slot(list, !old));
	else
		err = acl_rows_remove(maps->sets_fd, acl_set4_slot(list, !old));
	if (!err)
		err = acl_rows_publish(&set->tops, maps->tops_fd, list);
	return err ? err : acl_rows_remove(maps->sets_fd, acl_set4_slot(list, old));
}

/* What a killed one left without top words goes when the slot is used again: see set4_publish(). */
int set4_remove(const struct set4_maps *maps, __u32 list)
{
	int err = acl_rows_take(maps->tops_fd, list);

	if (err == -ENOENT)
		return 0;
	for (__u32 half = 0; !err && half < 2; half++)
		err = acl_rows_remove(maps->sets_fd, acl_set4_slot(list, half));
	return err;
}

/* The bits of the 64 addresses from i * 64 on. */
static __u64 word_at(const struct set4 *set, __u32 i)
{
	struct group4 group;

	group4_read(&group, set->more.words, set->tops.words[i / GROUP_WORDS]);
	return group.words[i % GROUP_WORDS];
}

/* How many words on, from the first of a group or back from its last, are all the same. */
static __u32 same_words(const struct set4 *set, __u32 i, bool at_edge, __u64 same)
{
	__u64 top = set->tops.words[i / GROUP_WORDS];

	if (at_edge && top == (same ? GROUP_ALL : 0))
		return GROUP_WORDS;
	return word_at(set, i) == same;
}

static __u32 last_like(const struct set4 *set, __u32 address, __u64 same)
{
	__u32 i = address / 64, n;
	__u64 other = (word_at(set, i) ^ same) & (~0ULL << address % 64);

	for (i++; !other && i < 1U << 26; i += n) {
		n = same_words(set, i, i % GROUP_WORDS == 0, same);
		if (!n)
			return i * 64 + __builtin_ctzll(word_at(set, i) ^ same) - 1;
	}
	return other ? (i - 1) * 64 + __builtin_ctzll(other) - 1 : ~0U;
}

static __u32 first_like(const struct set4 *set, __u32 address, __u64 same)
{
	__u32 i = address / 64, n;
	__u64 other = (word_at(set, i) ^ same) & (~0ULL >> (63 - address % 64));

	while (!other && i) {
		n = same_words(set, i - 1, i % GROUP_WORDS == 0, same);
		i -= n ? n : 1;
		if (!n)
			other = word_at(set, i) ^ same;
	}
	return other ? i * 64 + 64 - __builtin_clzll(other) : 0;
}

bool set4_contains(const struct set4 *set, __u32 address, struct range4 *around)
{
	bool found = word_at(set, address / 64) >> address % 64 & 1;

	if (around) {
		around->first = first_like(set, address, found ? ~0ULL : 0);
		around->last = last_like(set, address, found ? ~0ULL : 0);
	}
	return found;
}

/* A range that may go on. */
struct run {
	int (*each)(void *context, const struct range4 *range);
	void *context;
	struct range4 range;
	bool open;
};

static int add_to_run(struct run *run, __u32 first, __u32 last)
{
	int err = 0;

	if (run->open && run->range.last + 1 == first) {
		run->range.last = last;
		return 0;
	}
	if (run->open)
		err = run->each(run->context, &run->range);
	run->range = (struct range4){ first, last };
	run->open = true;
	return err;
}

static int add_word(struct run *run, __u32 first, __u64 word)
{
	int err = 0, begin, len;

	for (; !err && word; word &= len + begin < 64 ? ~0ULL << (begin + len) : 0) {
		begin = __builtin_ctzll(word);
		len = ~(word >> begin) ? __builtin_ctzll(~(word >> begin)) : 64;
		err = add_to_run(run, first + begin, first + begin + len - 1);
	}
	return err;
}

static int add_group(struct run *run, const struct set4 *set, __u32 group)
{
	__u32 begin = group << ACL_TOP4_SHIFT;
	struct group4 content;
	__u64 top = set->tops.words[group];
	int err = 0;

	if (top == GROUP_ALL)
		return add_to_run(run, begin, begin + (GROUP_ADDRESSES - 1));
	group4_read(&content, set->more.words, top);
	for (int i = 0; !err && i < GROUP_WORDS; i++)
		err = add_word(run, begin + i * 64, content.words[i]);
	return err;
}

int set4_for_each(const struct set4 *set, int (*each)(void *context, const struct range4 *range),
                  void *context)
{
	struct run run = { .each = each, .context = context };
	int err = 0;

	for (__u32 group = 0; !err && group < ACL_TOP4_GROUPS; group++)
		if (set->tops.words[group])
			err = add_group(&run, set, group);
	return !err && run.open ? each(context, &run.range) : err;
}

__u64 set4_count(const struct set4 *set)
{
	__u64 count = 0;

	for (__u32 group = 0; group < ACL_TOP4_GROUPS; group++)
		if (set->tops.words[group])
			count += group4_count_packed(set->more.words, set->tops.words[group]);
	return count;
}
