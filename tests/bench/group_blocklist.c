// SPDX-License-Identifier: GPL-2.0-or-later
/* Looking up the source address of each packet in lists of many sizes. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/listed.h"
#include "tests/bench/measured.h"
#include "tests/bench/wrapper.h"

#define KINDS_MAX 8
#define KEY_SIZES 3
#define CHECKED   64 /* packets of each row */

/* Look-ups of a quick run: one of so many. */
#define QUICK_PART 16

/* Of key_sizes, the one that A/A has. */
#define KEYS_REFERENCE 1

/*
 * All rows of as many keys have as many look-ups in a round, before it is timed and then: in as
 * much time a slow list would have few, on cold caches, and a fast one many.
 */
static const struct {
	const char *name;
	__u32 count, warm, packets;
} key_sizes[KEY_SIZES] = {
	{ "1", 1, 0, 0 },
	{ "64k", 1 << 16, 1 << 16, 1 << 16 },
	{ "1M", 1 << 20, 1 << 17, 1 << 16 },
};

/* What fits in the caches is as sure after fewer rounds. */
#define LIST_SMALL    1000
#define SECONDS_SMALL 20

/* All that a table needs. The keys of single addresses are others than those of prefixes. */
struct list_bench {
	struct lists lists;
	struct keys keys[2][KEY_KINDS][KEY_SIZES];
	struct subject subjects[KINDS_MAX]; /* whose maps the rows share */
	char failed[KINDS_MAX][320];        /* why one could not be filled; "": it could */
	struct measured zeros[KEY_SIZES], again;
	struct measured runs[KINDS_MAX][KEY_KINDS][KEY_SIZES];
	struct frame frame;
};

static int make_keys(struct list_bench *b)
{
	int err = 0;

	for (int addresses = 0; addresses < 2; addresses++)
		for (int kind = 0; kind < KEY_KINDS; kind++)
			for (int size = 0; !err && size < KEY_SIZES; size++)
				err = lists_keys(&b->lists, addresses, kind, key_sizes[size].count,
				                 &b->keys[addresses][kind][size]);
	return err;
}

static void set_packets(struct testrun *run, int size)
{
	run->warm = bench_size(key_sizes[size].warm, key_sizes[size].warm / QUICK_PART);
	run->packets = bench_size(key_sizes[size].packets, key_sizes[size].packets / QUICK_PART);
}

/* The zero line depends on how many keys pass through the caches, not on what they are. */
static int add_zeros(struct table *table, struct list_bench *b)
{
	char name[48];
	int err = 0;

	for (int size = 0; !err && size < KEY_SIZES; size++) {
		struct measured *zero = &b->zeros[size];

		snprintf(name, sizeof(name), "empty/%s", key_sizes[size].name);
		table_row(table, name, "the zero line", measured_round, zero);
		err = subject_load(&zero->subject, BENCH_BPF "empty.o", "empty_xdp", NULL, NULL);
		if (!err)
			err = testrun_make(&zero->run, zero->subject.prog_fd, &b->frame,
			                   &b->keys[0][KEY_MISS][size]);
		set_packets(&zero->run, size);
	}
	return err;
}

static void add_row(struct table *table, struct list_bench *b, size_t i, int kind, int size)
{
	const struct listed_kind *listed = &listed_kinds[i];
	struct measured *measured = &b->runs[i][kind][size];
	struct row *row;
	char name[48];
	int err;

	snprintf(name, sizeof(name), "%s/%s/%s", listed->name, key_kind_name(kind),
	         key_sizes[size].name);
	row = table_row(table, name, listed->what, measured_round, measured);
	snprintf(row->zero, sizeof(row->zero), "empty/%s", key_sizes[size].name);
	if (i)
		snprintf(row->vs, sizeof(row->vs), "%s/%s/%s", listed_kinds[0].name,
		         key_kind_name(kind), key_sizes[size].name);
	if (!listed_is_there(listed, row))
		return;
	err = b->failed[i][0] ? rejected(-EIO, "%s", b->failed[i])
	                      : subject_again(&measured->subject, &b->subjects[i]);
	if (!err)
		err = testrun_make(&measured->run, measured->subject.prog_fd, &b->frame,
		                   &b->keys[listed->addresses][kind][size]);
	set_packets(&measured->run, size);
	if (!err)
		err = testrun_check(&measured->run, kind == KEY_HIT ? XDP_DROP : XDP_PASS, CHECKED);
	if (err)
		row_fail(table, row);
}

/* With a list of its own: where it lies in memory makes a difference, which is no better's. */
static int add_again(struct table *table, struct list_bench *b)
{
	const struct listed_kind *listed = &listed_kinds[0];
	int err = listed_load(listed, &b->lists, &b->again.subject);
	struct row *row;

	if (!err)
		err = listed_fill(listed, &b->lists, &b->again.subject);
	if (!err)
		err = testrun_make(&b->again.run, b->again.subject.prog_fd, &b->frame,
		                   &b->keys[listed->addresses][KEY_MISS][KEYS_REFERENCE]);
	set_packets(&b->again.run, KEYS_REFERENCE);
	if (err)
		return err;
	row = table_row(table, ROW_AA, "the reference, loaded and filled once more", measured_round,
	                &b->again);
	snprintf(row->zero, sizeof(row->zero), "empty/%s", key_sizes[KEYS_REFERENCE].name);
	return 0;
}

/* What is a part of another kind comes after it, as it is given what that one has. */
static void fill(struct list_bench *b, bool parts)
{
	const struct listed_kind *whole;
	struct row unused;
	int err;

	for (size_t i = 0; i < listed_kinds_len; i++) {
		whole = listed_find(listed_kinds[i].whole);
		if (!whole == parts || !listed_is_there(&listed_kinds[i], &unused))
			continue;
		err = listed_load(&listed_kinds[i], &b->lists, &b->subjects[i]);
		if (!err && whole && listed_is_there(whole, &unused) &&
		    !b->failed[whole - listed_kinds][0])
			err = listed_share(&listed_kinds[i], &b->subjects[i],
			                   &b->subjects[whole - listed_kinds], b->lists.v6);
		else if (!err)
			err = listed_fill(&listed_kinds[i], &b->lists, &b->subjects[i]);
		if (err)
			snprintf(b->failed[i], sizeof(b->failed[i]), "%s", log_last_failure());
	}
}

static int add_rows(struct table *table, struct list_bench *b)
{
	fill(b, false);
	fill(b, true);
	for (int kind = 0; kind < KEY_KINDS; kind++)
		for (int size = 0; size < KEY_SIZES; size++)
			for (size_t i = 0; i < listed_kinds_len; i++)
				add_row(table, b, i, kind, size);
	return b->failed[0][0] ? 0 : add_again(table, b);
}

static void release(struct list_bench *b)
{
	for (int size = 0; size < KEY_SIZES; size++) {
		measured_free(&b->zeros[size]);
		for (int kind = 0; kind < KEY_KINDS; kind++) {
			keys_free(&b->keys[0][kind][size]);
			keys_free(&b->keys[1][kind][size]);
			for (size_t i = 0; i < KINDS_MAX; i++)
				measured_free(&b->runs[i][kind][size]);
		}
	}
	for (size_t i = 0; i < KINDS_MAX; i++)
		subject_free(&b->subjects[i]);
	measured_free(&b->again);
	lists_free(&b->lists);
	free(b);
}

static int measure(const char *name, bool v6, __u32 count)
{
	struct list_bench *b = calloc(1, sizeof(*b));
	struct table *table;
	char title[100];
	int err;

	snprintf(title, sizeof(title), "A block list of %u IPv%d entries: what a look-up costs",
	         count, v6 ? 6 : 4);
	table = b ? table_new(name, title) : NULL;
	if (!table) {
		free(b);
		return -ENOMEM;
	}
	if (count <= LIST_SMALL && !bench.quick)
		table->seconds = SECONDS_SMALL;
	table_metric(table, (struct metric){ .name = "cost", .unit = "ns" });
	table_note(table,
	           "Thread CPU time above the empty program with as many keys. Rows are "
	           "LIST/KEY/KEYS: any address that is not listed (miss), a listed prefix with "
	           "its last bit inverted (near), a listed one (hit).");
	table_note(
		table,
		"Keys: one for all packets, or a new one for each, of 64k (65536) or 1M. All rows "
		"of as many keys have as many look-ups in a round. Of 64k each is looked up "
		"once before it is timed, and then once more: what they need is in the CPU's "
		"caches, if it fits there. Of 1M a round has the next 131072 before it is "
		"timed, and then 65536 others, which nobody has asked for since the last time "
		"around: what a flood of packets meets, with in the caches what all of them "
		"share.");
	if (bench.quick)
		table_note(table, "A quick run has a sixteenth of these look-ups.");
	table_note(table, lists_note(v6));
	table_note(table,
	           "acl-set is a part of xdp_acl, on the same set: the numbers by which a set is "
	           "hashed are random, and make a difference of a fifth with one key.");
	table_note(table,
	           "xdp-filter and hash hold as many single addresses: they know no prefixes. "
	           "xdp-filter looks up destination and source, the others the source only.");
	table_note(table,
	           "A wrapper restores each packet and writes its key; the zero line has that "
	           "as well.");
	table_note(table, MEASURED_NOTE);
	frame_make(&b->frame, v6);
	err = lists_make(&b->lists, v6, count);
	if (!err)
		err = make_keys(b);
	if (!err)
		err = add_zeros(table, b);
	if (!err) {
		snprintf(table->reference, sizeof(table->reference), "%s/miss/%s",
		         listed_kinds[0].name, key_sizes[KEYS_REFERENCE].name);
		err = add_rows(table, b);
	}
	if (!err) {
		table_again(table, "xdp_acl/hit/1M");
		err = table_run(table);
	}
	release(b);
	return err;
}

/* Of IPv6 none of 100,000: some 40 seconds, which the 15 minutes of the whole do not have. */
int group_blocklist(void)
{
	int err = measure("blocklist-1k", false, 1000);

	if (!err)
		err = measure("blocklist6-1k", true, 1000);
	if (err || bench.quick)
		return err;
	err = measure("blocklist-100k", false, 100000);
	if (!err)
		err = measure("blocklist-1M", false, 1000000);
	if (!err)
		err = measure("blocklist6-1M", true, 1000000);
	return err;
}
