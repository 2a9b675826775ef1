// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/bulk_acl.h"
#include "tests/bench/bulk_edit.h"
#include "tests/bench/bulk_entries.h"
#include "tests/bench/command.h"

#define FILTER_LOAD "xdp-filter load -m native -f ipv4 v0"

static const __u8 bpftool_key[] = { 1, 2, 3, 4 }, bpftool_value[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

/* Untimed: another value beforehand, and what it writes afterwards. */
static int spoil_entry(void)
{
	static const __u8 other[sizeof(bpftool_value)];
	int fd = bpf_obj_get(BULK_PIN), err = fd < 0 ? -errno : 0;

	if (!err && bpf_map_update_elem(fd, bpftool_key, other, BPF_ANY))
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err ? failed(err, "cannot prepare the entry that bpftool writes") : 0;
}

static int check_entry(void)
{
	__u8 found[sizeof(bpftool_value)] = {};
	int fd = bpf_obj_get(BULK_PIN);
	bool written = fd >= 0 && !bpf_map_lookup_elem(fd, bpftool_key, found) &&
	               !memcmp(found, bpftool_value, sizeof(found));

	if (fd >= 0)
		close(fd);
	return written ? 0 : failed(-EIO, "bpftool has not written its entry");
}

static int check_filter(void)
{
	return command_run(NULL, "xdp-filter status | grep -w 192.0.2.1")
	               ? failed(-EIO, "xdp-filter has not listed its address")
	               : 0;
}

/* One command; an address in it is another one each time, in another /24 or /48. */
struct edit {
	const char *name, *what;
	const char *command, *package;
	const char *line;                     /* or NULL: of acl */
	int (*prepare)(void), (*check)(void); /* of a line, untimed; prepare may be NULL */
	const char *verb;                     /* add or del */
	const char *list;                     /* of acl */
	bool v6;
};

#define EDIT4 .list = BULK_LIST4
#define EDIT6 .list = BULK_LIST6, .v6 = true

static const struct edit edits[] = {
	{ .name = "bpftool",
	  .what = "bpftool map update",
	  .command = "bpftool",
	  .package = "bpftool",
	  .line = "bpftool map update pinned " BULK_PIN
	          " key hex 01 02 03 04 value hex 01 02 03 04 05 06 07 08",
	  .prepare = spoil_entry,
	  .check = check_entry },
	{ .name = "xdp-filter",
	  .what = "xdp-filter ip ADDRESS, in its map of 10,000",
	  .command = "xdp-filter",
	  .package = "xdp-tools",
	  .line = "xdp-filter ip 192.0.2.1",
	  .check = check_filter },
	{ .name = "acl-add", .what = "ours: acl add, to the list of IPv4", .verb = "add", EDIT4 },
	{ .name = "acl-del", .what = "ours: acl del, from the same", .verb = "del", EDIT4 },
	{ .name = "acl-add6",
	  .what = "ours: acl add, to a list of as many IPv6",
	  .verb = "add",
	  EDIT6 },
	{ .name = "acl-del6", .what = "ours: acl del, from the same", .verb = "del", EDIT6 },
};
#define EDITS (sizeof(edits) / sizeof(edits[0]))

/* Untimed. What acl has of it in the end: is it listed? */
static int check_acl(const char *address, bool listed)
{
	return command_run(NULL, "acl v0 test %s 2>/dev/null | grep '^%s'", address,
	                   listed ? "deny: list" : "allow: ");
}

/* What is deleted is put in before, untimed, and what was put in stays. */
static int edit_acl(const struct edit *edit, struct took *took)
{
	static unsigned int edited;
	bool deletes = !strcmp(edit->verb, "del");
	char address[64];
	int err = 0;

	/* Each of 65536 once. */
	if (edit->v6)
		snprintf(address, sizeof(address), "2001:db8:%x::%x", edited % 256, edited / 256);
	else
		snprintf(address, sizeof(address), "198.18.%u.%u", edited % 256,
		         edited / 256 % 256);
	edited++;
	if (deletes)
		err = command_run(NULL, "acl v0 add --list %s %s", edit->list, address);
	if (!err)
		err = command_run(took, "acl v0 %s --list %s %s", edit->verb, edit->list, address);
	return err ? err : check_acl(address, !deletes);
}

static int edit_by(const struct edit *edit, struct took *took)
{
	int err = edit->prepare ? edit->prepare() : 0;

	if (!err)
		err = command_run(took, "%s", edit->line);
	return err ? err : edit->check();
}

static int round_edit(struct row *row, double values[TABLE_METRICS])
{
	const struct edit *edit = row->subject;
	struct took took = {};
	int err = edit->line ? edit_by(edit, &took) : edit_acl(edit, &took);

	values[0] = took.wall * 1e3;
	values[1] = took.cpu * 1e3;
	return err;
}

/* Full, but for the key that is put in. The first one makes room: more would be refused. */
static int make_map(void)
{
	int fd = bulk_entries_map(), err = fd < 0 ? fd : bulk_entries_put(fd);

	if (!err && bpf_map_delete_elem(fd, &entries.keys[0]))
		err = failed(-errno, "cannot make room in the map");
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

/* An edit of a list that is short, as it could not be loaded, would be another one. */
static void fail_edits(struct table *table, bool v6)
{
	for (size_t i = 0; i < EDITS; i++)
		if (edits[i].list && edits[i].v6 == v6)
			row_fail(table, table_find(table, edits[i].name));
}

static void add_rows(struct table *table)
{
	struct row *row;

	for (size_t i = 0; i < EDITS; i++) {
		row = table_row(table, edits[i].name, edits[i].what, round_edit, (void *)&edits[i]);
		command_is_there(row, edits[i].command, edits[i].package);
	}
	if (bulk_acl_check())
		fail_edits(table, false);
	if (bulk_acl_load6(entries.count))
		fail_edits(table, true);
	/* xdp-filter wants a map of its own, and it attached; acl needs no more than maps. */
	row = table_find(table, "xdp-filter");
	if (!row->missing[0] && command_run(NULL, FILTER_LOAD))
		row_missing(row, false, "cannot be attached here: %s", log_last_failure());
}

int bulk_edit_measure(void)
{
	struct table *table = table_new("bulk-edit", "One entry of a big map changed by a tool");
	int fd, err;

	if (!table)
		return -ENOMEM;
	table_metric(table, (struct metric){ .name = "wall", .unit = "ms" });
	table_metric(table, (struct metric){ .name = "cpu", .unit = "ms" });
	bulk_entries_tell(table);
	table_note(table,
	           "Time of the process, with its start. acl has another address each time, in "
	           "another /24 or /48, and is asked afterwards whether it is listed; what is "
	           "deleted was put in before, untimed. The others write the same entry again. "
	           "xdp-filter runs without libxdp's dispatcher (LIBXDP_SKIP_DISPATCHER).");
	table_note(
		table,
		"Not all edit the same: xdp-filter's map has room for 10,000 addresses and "
		"holds one, and its program is attached; bpftool's map belongs to no program; "
		"acl's list has all entries and its program is attached to nothing, so no packet "
		"is looked up meanwhile. acl-del follows its untimed add at once, so what it "
		"reads may still be in the caches.");
	fd = make_map();
	if (fd < 0)
		return fd;
	add_rows(table);
	err = table_run(table);
	command_try("xdp-filter unload v0");
	/* If that hangs. */
	command_try("ip link set dev v0 xdpdrv off; rm -rf /sys/fs/bpf/xdp-filter");
	unlink(BULK_PIN);
	close(fd);
	return err;
}
