// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include "bpffs/log.h"
#include "scripts/acl_set4_group.h"

int set4_open(struct set4 *set, int sets_fd, __u32 list, bool writable)
{
	int err = acl_rows_open(&set->rows, sets_fd, list, writable);

	if (err)
		return err;
	if (set->rows.len > ACL_SET4_TOP_WORDS / ACL_ROW_WORDS &&
	    set->rows.words[ACL_SET4_MAGIC_WORD] == ACL_SET4_MAGIC)
		return 0;
	acl_rows_close(&set->rows);
	return rejected(-EINVAL, "cannot read the IPv4 addresses of list %u: another format", list);
}

void set4_close(struct set4 *set)
{
	acl_rows_close(&set->rows);
}

int set4_publish(const struct set4 *set, int sets_fd, __u32 list)
{
	return acl_rows_publish(&set->rows, sets_fd, list);
}

int set4_remove(int sets_fd, __u32 list)
{
	return acl_rows_remove(sets_fd, list);
}

/* The bits of the 64 addresses from i * 64 on. */
static __u64 word_at(const struct set4 *set, __u32 i)
{
	__u64 top = set->rows.words[i / GROUP_WORDS];
	__u32 block = i / ACL_SET4_BITMAP_WORDS % GROUP_BLOCKS, entry;
	unsigned int begin = i % ACL_SET4_BITMAP_WORDS * 64, first, last;
	const __u64 *bitmap;

	if (!(top >> block & 1))
		return 0;
	entry = group4_entry(set->rows.words, top, block);
	bitmap = group4_bitmap(set->rows.words, top, entry);
	if (bitmap)
		return bitmap[i % ACL_SET4_BITMAP_WORDS];
	first = entry & 0xff;
	last = entry >> 8;
	if (first < begin)
		first = begin;
	if (last > begin + 63)
		last = begin + 63;
	return first <= last ? (~0ULL >> (63 - (last - first))) << (first - begin) : 0;
}

/* How many words on, from the first of a group or back from its last, are all the same. */
static __u32 same_words(const struct set4 *set, __u32 i, bool at_edge, __u64 same)
{
	__u64 top = set->rows.words[i / GROUP_WORDS];

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
	__u32 begin = group << GROUP_SHIFT;
	struct group4 content;
	__u64 top = set->rows.words[group];
	int err = 0;

	if (top == GROUP_ALL)
		return add_to_run(run, begin, begin + (GROUP_ADDRESSES - 1));
	group4_read(&content, set->rows.words, top);
	for (int i = 0; !err && i < GROUP_WORDS; i++)
		err = add_word(run, begin + i * 64, content.words[i]);
	return err;
}

int set4_for_each(const struct set4 *set, int (*each)(void *context, const struct range4 *range),
                  void *context)
{
	struct run run = { .each = each, .context = context };
	int err = 0;

	for (__u32 group = 0; !err && group < ACL_SET4_TOP_WORDS; group++)
		if (set->rows.words[group])
			err = add_group(&run, set, group);
	return !err && run.open ? each(context, &run.range) : err;
}

__u64 set4_count(const struct set4 *set)
{
	__u64 count = 0;

	for (__u32 group = 0; group < ACL_SET4_TOP_WORDS; group++) {
		__u64 top = set->rows.words[group];

		if (top == GROUP_ALL)
			count += GROUP_ADDRESSES;
		else if (top)
			count += group4_count_packed(set->rows.words, top);
	}
	return count;
}
