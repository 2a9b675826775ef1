// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "scripts/config_load.h"
#include "scripts/line_file.h"

/* Far more than any map has room for. */
#define ENTRIES_MOST (1 << 20)

/* A file that is being read: its entries, and the line of each. */
struct reading {
	struct config_entries entries;
	struct line_file file;
	unsigned int *lines;
	void *tree; /* the entries by what compare() says: tsearch() of their positions, from 1 on
	             */
	size_t room;
	size_t left_out; /* for want of room */
};

static void *entry_at(const struct config_entries *entries, size_t i)
{
	return (char *)entries->list + i * entries->entry->size;
}

static int make_room(struct reading *reading)
{
	size_t room = reading->room ? 2 * reading->room : 256;
	unsigned int *lines;
	void *list;

	if (reading->entries.len < reading->room)
		return 0;
	if (room > ENTRIES_MOST)
		return rejected(-E2BIG, "cannot read %s: it has more than %d %ss",
		                reading->file.name, ENTRIES_MOST, reading->entries.entry->what);
	list = reallocarray(reading->entries.list, room, reading->entries.entry->size);
	if (list)
		reading->entries.list = list;
	lines = list ? reallocarray(reading->lines, room, sizeof(*lines)) : NULL;
	if (!lines)
		return failed(-ENOMEM, "cannot read %s", reading->file.name);
	reading->lines = lines;
	reading->room = room;
	return 0;
}

/* The entries that are read: tsearch() hands nothing on. */
static const struct config_entries *in_tree;

static int compare_in_tree(const void *a, const void *b)
{
	return in_tree->entry->compare(entry_at(in_tree, (size_t)a - 1),
	                               entry_at(in_tree, (size_t)b - 1));
}

static void keep_key(void *key)
{
	(void)key;
}

/*
 * The entry behind the last is new, if no other is for the same packets: then the first one stays,
 * and this is a bad line if it differs. Returns 0 or a negative errno, reported.
 */
static int add_entry(struct reading *reading)
{
	struct config_entries *all = &reading->entries;
	size_t at = all->len, **node, first;

	in_tree = all;
	node = tsearch((void *)(at + 1), &reading->tree, compare_in_tree);
	if (!node)
		return failed(-ENOMEM, "cannot read %s", reading->file.name);
	first = (size_t)*node - 1;
	if (first == at)
		reading->lines[all->len++] = reading->file.line;
	else if (!all->entry->equal(entry_at(all, first), entry_at(all, at)))
		return rejected(-EINVAL, "another %s, of line %u, is for the same packets",
		                all->entry->what, reading->lines[first]);
	return 0;
}

static int take_line(char **words, int count, void *arg)
{
	struct reading *reading = arg;
	int err = make_room(reading);

	if (!err)
		err = reading->entries.entry->parse(
			words, count, entry_at(&reading->entries, reading->entries.len));
	return err ? err : add_entry(reading);
}

/* Positions of entries in the order of these. */
static int compare_positions(const void *a, const void *b, void *arg)
{
	const struct config_entries *entries = arg;
	size_t one = *(const size_t *)a, other = *(const size_t *)b;

	return entries->entry->compare(entry_at(entries, one), entry_at(entries, other));
}

static int compare_numbers(const void *a, const void *b)
{
	size_t one = *(const size_t *)a, other = *(const size_t *)b;

	return one < other ? -1 : one > other;
}

/*
 * Of the positions in order, leave those of the first lines for which there is room; they stay in
 * their order. Returns how many are left, or -ENOMEM.
 */
static long leave_first(size_t *order, size_t len, size_t room)
{
	size_t *lines = calloc(len, sizeof(*lines)), left = 0;

	if (!lines)
		return -ENOMEM;
	memcpy(lines, order, len * sizeof(*lines));
	qsort(lines, len, sizeof(*lines), compare_numbers);
	for (size_t i = 0; i < len; i++)
		if (order[i] < lines[room])
			order[left++] = order[i];
	free(lines);
	return left;
}

/* What there is no room for counts as refused. Returns how many are left, or a negative errno. */
static long leave_out(struct reading *reading, const struct config *config, size_t *order,
                      size_t len)
{
	long room = reading->entries.entry->room(config), left;

	if (room < 0 || len <= (size_t)room)
		return room < 0 ? room : (long)len;
	left = leave_first(order, len, room);
	if (left < 0)
		return failed(left, "cannot read %s", reading->file.name);
	note("%s: %zu of %zu %ss are left out: there is room for %ld", reading->file.name,
	     len - left, len, reading->entries.entry->what, room);
	reading->left_out = len - left;
	return left;
}

/* Sort the entries, and leave those for which there is room. */
static int settle(struct reading *reading, const struct config *config, bool keep_going)
{
	struct config_entries *all = &reading->entries;
	size_t *order = calloc(all->len + 1, sizeof(*order)), size = all->entry->size;
	char *sorted = calloc(all->len + 1, size);
	int err = order && sorted ? 0 : -ENOMEM;
	long kept = 0;

	for (size_t i = 0; !err && i < all->len; i++)
		order[i] = i;
	if (!err) {
		qsort_r(order, all->len, sizeof(*order), compare_positions, all);
		kept = keep_going ? leave_out(reading, config, order, all->len) : (long)all->len;
		for (long i = 0; i < kept; i++)
			memcpy(sorted + i * size, entry_at(all, order[i]), size);
		free(all->list);
		all->list = sorted;
		all->len = kept < 0 ? 0 : kept;
	} else {
		free(sorted);
		failed(err, "cannot read %s", reading->file.name);
	}
	free(order);
	return kept < 0 ? (int)kept : err;
}

static bool has_nothing(const struct reading *reading, const struct config *config)
{
	if (reading->entries.len)
		return false;
	note("nothing is changed: %s has no %s%s", reading->file.name, reading->entries.entry->what,
	     reading->file.bad ? " that is not refused" : "");
	hint("to leave nothing: %s %s flush", cli_command(config->object),
	     cli_interface(config->iface.name));
	return true;
}

/* The file is read before the lock is taken: it may come from a slow pipe. */
static int load(struct reading *reading, struct config *config, bool keep_going,
                int (*enforce)(struct config *config, const struct config_entries *entries))
{
	int err = line_file_each(&reading->file, take_line, reading);

	if (!err)
		err = settle(reading, config, keep_going);
	if (err)
		return EXIT_KERNEL;
	if (line_file_finish(&reading->file, keep_going) && !keep_going)
		return EXIT_USAGE;
	if (has_nothing(reading, config))
		return EXIT_USAGE;
	err = directory_lock(&config->dir);
	if (!err)
		err = enforce(config, &reading->entries);
	if (err)
		return EXIT_KERNEL;
	return reading->file.bad || reading->left_out ? EXIT_PARTLY : EXIT_SUCCESS;
}

int config_load(struct config *config, const char *path, bool keep_going,
                const struct config_entry *entry,
                int (*enforce)(struct config *config, const struct config_entries *entries))
{
	struct reading reading = { .entries = { .entry = entry } };
	int status, err = line_file_open(&reading.file, path);

	if (err)
		return err == -EINVAL ? EXIT_USAGE : EXIT_KERNEL;
	status = load(&reading, config, keep_going, enforce);
	tdestroy(reading.tree, keep_key);
	free(reading.entries.list);
	free(reading.lines);
	line_file_close(&reading.file);
	return status;
}

/* --- replacing */

/* The entry for the same packets, or NULL. */
static const void *find(const struct config_entries *in, const void *entry)
{
	return in->len ? bsearch(entry, in->list, in->len, in->entry->size, in->entry->compare)
	               : NULL;
}

static bool is_there(const struct config_entries *from, const void *entry)
{
	const void *there = find(from, entry);

	return there && from->entry->equal(there, entry);
}

/* Take back the first `count` of what was put. */
static void undo(const struct config_entries *from, const struct config_entries *to, size_t count,
                 const struct config_change *change)
{
	while (count--) {
		const void *put = entry_at(to, count), *before = find(from, put);

		if (!before)
			change->remove(put, change->arg);
		else if (!from->entry->equal(before, put))
			change->put(before, change->arg);
	}
}

int config_replace(const struct config_entries *from, const struct config_entries *to,
                   const struct config_change *change)
{
	size_t done = 0;
	int err = 0;

	for (; done < to->len; done++) {
		if (is_there(from, entry_at(to, done)))
			continue;
		err = change->put(entry_at(to, done), change->arg);
		if (err)
			break;
	}
	if (!err && change->between)
		err = change->between(change->arg);
	if (err)
		undo(from, to, done, change);
	for (size_t i = from->len; !err && i--;)
		if (!find(to, entry_at(from, i)))
			err = change->remove(entry_at(from, i), change->arg);
	return err;
}
