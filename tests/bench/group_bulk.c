// SPDX-License-Identifier: GPL-2.0-or-later
/* Putting many entries into a map, reading them all; for changing one see bulk_edit.c. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/bulk_acl.h"
#include "tests/bench/bulk_edit.h"
#include "tests/bench/bulk_entries.h"
#include "tests/bench/bulk_trie.h"
#include "tests/bench/command.h"
#include "tests/bench/lists.h"

#define AT_ONCE 65536 /* entries of one batch that is read */

/* What acl save prints: fewer than the prefixes that were put in. */
static __u32 saved;

static int fill_singly(int fd)
{
	for (__u32 i = 0; i < entries.count; i++)
		if (bpf_map_update_elem(fd, &entries.keys[i], &entries.values[i], BPF_ANY))
			return -errno;
	return 0;
}

static int fill_by_bpftool(int fd)
{
	(void)fd;
	return command_run(NULL, "bpftool batch file " BULK_FILE);
}

/* All entries as lines of text, in batches, to nowhere. */
static int dump_batch(int fd)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	__u32 *keys = malloc(AT_ONCE * sizeof(*keys));
	__u64 *values = malloc(AT_ONCE * sizeof(*values));
	FILE *null = fopen("/dev/null", "w");
	__u32 token, count, found = 0;
	void *in = NULL;
	int err = keys && values && null ? 0 : -ENOMEM;

	while (!err) {
		count = AT_ONCE;
		if (bpf_map_lookup_batch(fd, in, &token, keys, values, &count, &opts))
			err = -errno;
		if (err && err != -ENOENT)
			break;
		for (__u32 i = 0; i < count; i++)
			fprintf(null, "%u %llu\n", keys[i], (unsigned long long)values[i]);
		found += count;
		in = &token;
	}
	if (null)
		fclose(null);
	free(keys);
	free(values);
	if (err == -ENOENT)
		err = found == entries.count ? 0 : -EIO;
	return err;
}

static int dump_by_bpftool(int fd)
{
	(void)fd;
	return command_run(NULL, "bpftool map dump pinned " BULK_PIN " >/dev/null");
}

/* Once, and untimed: it tells in the end how many it has printed. */
static int check_dump_by_bpftool(void)
{
	static bool checked;
	double printed = 0;
	int err = checked ? 0
	                  : command_number(&printed,
	                                   "bpftool map dump pinned " BULK_PIN
	                                   " | sed -n 's/^Found \\([0-9]*\\) element.*/\\1/p'");

	if (!err && !checked && printed != entries.count)
		err = failed(-EIO, "bpftool prints %.0f of %u entries", printed, entries.count);
	checked = !err;
	return err;
}

static int count_saved(void)
{
	saved = bulk_acl_ranges();
	return bulk_acl_check();
}

/* A way to do it, timed from the outside; the map is open. */
struct way {
	const char *name, *what;
	const char *command, *package;
	int (*prepare)(void); /* untimed, or NULL */
	int (*run)(int fd);
	int (*check)(void); /* untimed, or NULL */
	bool filled;        /* the map is, beforehand */
	bool other;         /* it is not about the map */
	const __u32 *count; /* of entries, if they are others */
};

static int round_way(struct row *row, double values[TABLE_METRICS])
{
	const struct way *way = row->subject;
	double before, seconds;
	int fd = bulk_entries_map(), err = 0;

	if (fd < 0)
		return fd;
	if (way->filled && !way->other)
		err = bulk_entries_put(fd);
	if (!err && way->prepare)
		err = way->prepare();
	before = now_seconds();
	if (!err)
		err = way->run(fd);
	seconds = now_seconds() - before;
	if (!err && !way->other)
		err = bulk_entries_check(fd);
	if (!err && way->check)
		err = way->check();
	unlink(BULK_PIN);
	close(fd);
	values[1] = way->count ? *way->count : entries.count;
	values[0] = values[1] / seconds / 1e6;
	return err;
}

static const struct way inserts[] = {
	{ .name = "bpftool",
	  .what = "bpftool batch file",
	  .command = "bpftool",
	  .package = "bpftool",
	  .run = fill_by_bpftool },
	{ .name = "bpftool-lpm",
	  .what = "bpftool batch file: prefixes, the same as for acl, into an LPM trie",
	  .command = "bpftool",
	  .package = "bpftool",
	  .prepare = bulk_trie_make,
	  .run = bulk_trie_fill,
	  .check = bulk_trie_check,
	  .other = true },
	{ .name = "one-by-one", .what = "a system call for each entry", .run = fill_singly },
	{ .name = "batch",
	  .what = "one BPF_MAP_UPDATE_BATCH: the most that a tool can reach with a hash",
	  .run = bulk_entries_put },
	{ .name = "acl-load",
	  .what = "ours: prefixes by acl load FILE, with reading and compiling",
	  .prepare = bulk_acl_empty,
	  .run = bulk_acl_load,
	  .check = bulk_acl_check,
	  .other = true },
};

static const struct way dumps[] = {
	{ .name = "bpftool",
	  .what = "bpftool map dump",
	  .command = "bpftool",
	  .package = "bpftool",
	  .run = dump_by_bpftool,
	  .check = check_dump_by_bpftool,
	  .filled = true },
	{ .name = "batch",
	  .what = "BPF_MAP_LOOKUP_BATCH, printed as lines",
	  .run = dump_batch,
	  .filled = true },
	{ .name = "acl-save",
	  .what = "ours: acl save, by the prefixes and ranges that it prints",
	  .prepare = count_saved,
	  .run = bulk_acl_save,
	  .other = true,
	  .count = &saved },
};

static int measure(const char *name, const char *what, const struct way *ways, size_t len)
{
	struct table *table;
	char title[100];

	snprintf(title, sizeof(title), "%u entries of a map %s", entries.count, what);
	table = table_new(name, title);
	if (!table)
		return -ENOMEM;
	bulk_entries_tell(table);
	if (table->rounds > 5)
		table->rounds = 5;
	table_metric(table,
	             (struct metric){ .name = "rate", .unit = "M entries/s", .higher = true });
	table_metric(table, (struct metric){ .name = "entries",
	                                     .unit = "of them",
	                                     .no_ratio = true,
	                                     .given = true });
	table_note(table,
	           "A hash of 4-byte keys and 8-byte values; a thousand entries are looked up "
	           "afterwards, of the trie as well, and acl must then print as many ranges as the "
	           "list covers. bpftool's time has that of its process.");
	table_note(
		table,
		"Each round begins with a map that is new, and acl with a list that is. Prefixes, "
		"of acl and bpftool-lpm, are as many; a hash holds single keys.");
	table_note(table, lists_note(false));
	for (size_t i = 0; i < len; i++) {
		struct row *row =
			table_row(table, ways[i].name, ways[i].what, round_way, (void *)&ways[i]);

		command_is_there(row, ways[i].command, ways[i].package);
	}
	return table_run(table);
}

int group_bulk(void)
{
	int err = bulk_entries_make(bench_size(1000000, 10000));

	if (!err)
		err = entries_write_batch();
	if (!err)
		err = bulk_acl_prepare(entries.count);
	if (!err)
		err = bulk_trie_prepare(entries.count);
	if (!err)
		err = measure("bulk-insert", "put in", inserts,
		              sizeof(inserts) / sizeof(inserts[0]));
	if (!err)
		err = measure("bulk-dump", "printed", dumps, sizeof(dumps) / sizeof(dumps[0]));
	if (!err)
		err = bulk_edit_measure();
	bulk_trie_release();
	bulk_acl_release();
	bulk_entries_free();
	return err;
}
