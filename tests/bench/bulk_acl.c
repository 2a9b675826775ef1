// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/bulk_acl.h"
#include "tests/bench/command.h"
#include "tests/bench/lists.h"

#define LIST_FILE "/run/tmp/bench.prefixes"

/* How many lines acl has to print of each list: a prefix, or a range that is none. */
static __u32 ranges4, ranges6;

/* What acl reads: a prefix a line. */
static int write_list(bool v6, __u32 count)
{
	struct lists lists = {};
	int err = lists_make(&lists, v6, count);
	FILE *f;

	if (!err)
		err = lists_ranges(&lists, v6 ? &ranges6 : &ranges4);
	f = err ? NULL : fopen(LIST_FILE, "w");

	for (__u32 i = 0; f && i < lists.count; i++) {
		unsigned char bytes[16];
		char text[INET6_ADDRSTRLEN];

		address_bytes(lists.prefixes[i].address, v6, bytes);
		fprintf(f, "%s/%u\n", inet_ntop(v6 ? AF_INET6 : AF_INET, bytes, text, sizeof(text)),
		        lists.prefixes[i].len);
	}
	lists_free(&lists);
	if (!err && (!f || fclose(f)))
		err = failed(-errno, "cannot write %s", LIST_FILE);
	return err;
}

/* All that is in it, and nothing else, is as many as the list itself tells. */
static int check_list(const char *list, __u32 ranges)
{
	double printed = 0;
	int err = command_number(
		&printed, "acl v0 save --list %s 2>/dev/null | grep -c '^[0-9]'; true", list);

	if (!err && printed != ranges)
		err = failed(-EIO, "acl has %.0f of %u ranges in list %s", printed, ranges, list);
	return err;
}

int bulk_acl_prepare(__u32 count)
{
	int err = write_list(false, count);

	if (!err)
		err = command_run(NULL, "load --no-attach v0 objects/xdp_acl.o");
	return err;
}

int bulk_acl_load6(__u32 count)
{
	int err = write_list(true, count);

	if (!err)
		err = command_run(NULL, "acl v0 load --list " BULK_LIST6 " " LIST_FILE);
	return err ? err : check_list(BULK_LIST6, ranges6);
}

int bulk_acl_check(void)
{
	return check_list(BULK_LIST4, ranges4);
}

__u32 bulk_acl_ranges(void)
{
	return ranges4;
}

/* Else it would be there from the second round on, and replaced. */
int bulk_acl_empty(void)
{
	command_try("acl v0 flush --list " BULK_LIST4);
	return 0;
}

int bulk_acl_load(int map_fd)
{
	(void)map_fd;
	return command_run(NULL, "acl v0 load --list " BULK_LIST4 " " LIST_FILE);
}

int bulk_acl_save(int map_fd)
{
	(void)map_fd;
	return command_run(NULL, "acl v0 save --list " BULK_LIST4 " >/dev/null");
}

void bulk_acl_release(void)
{
	unlink(LIST_FILE);
	command_try("rm -r /sys/fs/bpf/v0");
}
