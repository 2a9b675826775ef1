// SPDX-License-Identifier: GPL-2.0-or-later
/* What each program costs a packet, above a program that does nothing. */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/command.h"
#include "tests/bench/store.h"
#include "tests/bench/wrapper.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const struct store_program xdp_programs[] = {
	{ "empty", "the zero line: a program that only returns", BENCH_BPF "empty.o", "empty_xdp",
	  XDP_PASS, NULL, NULL, NULL },
	{ ROW_AA, "the zero line, loaded once more", BENCH_BPF "empty.o", "empty_xdp", XDP_PASS,
	  NULL, NULL, NULL },
	{ "xdp_pass", "counts and passes", "objects/xdp_pass.o", NULL, XDP_PASS, "empty", "alw_ip",
	  NULL },
	{ "xdp_drop", "counts and drops", "objects/xdp_drop.o", NULL, XDP_DROP, "empty", "alw_ip",
	  NULL },
	{ "xdp_pass_frags", "the same for packets of several buffers", "objects/xdp_pass_frags.o",
	  NULL, XDP_PASS, "empty", "alw_ip", NULL },
	{ "alw_ip", "xdp-filter: IP addresses, nothing listed", "xdpfilt_alw_ip.o", NULL, XDP_PASS,
	  "empty", NULL, NULL },
	{ "alw_all", "xdp-filter: all its features, nothing listed", "xdpfilt_alw_all.o", NULL,
	  XDP_PASS, "empty", NULL, NULL },
	{ "xdp_parse", "ours, as loaded", "objects/xdp_parse.o", NULL, -1, "empty", "alw_all",
	  NULL },
	{ "xdp_acl", "ours, as loaded", "objects/xdp_acl.o", NULL, -1, "empty", "alw_all", NULL },
	{ "xdp_ratelimit", "ours, as loaded", "objects/xdp_ratelimit.o", NULL, -1, "empty", NULL,
	  NULL },
	{ "xdp_rewrite", "ours, as loaded", "objects/xdp_rewrite.o", NULL, -1, "empty", NULL,
	  NULL },
	{ "xdp_echo", "ours, as loaded", "objects/xdp_echo.o", NULL, -1, "empty", NULL, NULL },
	{ "xdp_redirect", "ours, as loaded", "objects/xdp_redirect.o", NULL, -1, "empty", NULL,
	  NULL },
	{ "xdp_chain", "ours, as loaded", "objects/xdp_chain.o", NULL, -1, "empty", NULL, NULL },
};

static const struct store_program tc_programs[] = {
	{ "empty", "the zero line: a program that only returns", BENCH_BPF "empty.o", "empty_tc",
	  TC_ACT_OK, NULL, NULL, NULL },
	{ ROW_AA, "the zero line, loaded once more", BENCH_BPF "empty.o", "empty_tc", TC_ACT_OK,
	  NULL, NULL, NULL },
	{ "tc_pass", "counts and passes", "objects/tc_pass.o", NULL, TC_ACT_OK, "empty", NULL,
	  NULL },
	{ "tc_drop", "counts and drops", "objects/tc_drop.o", NULL, TC_ACT_SHOT, "empty", "tc_pass",
	  NULL },
	{ "tc_parse", "ours, as loaded", "objects/tc_parse.o", NULL, -1, "empty", "tc_pass", NULL },
	{ "tc_acl", "ours, as loaded", "objects/tc_acl.o", NULL, -1, "empty", "tc_pass", NULL },
	{ "tc_ratelimit", "ours, as loaded", "objects/tc_ratelimit.o", NULL, -1, "empty", "tc_pass",
	  NULL },
	{ "tc_rewrite", "ours, as loaded", "objects/tc_rewrite.o", NULL, -1, "empty", "tc_pass",
	  NULL },
	{ "tc_redirect", "ours, as loaded", "objects/tc_redirect.o", NULL, -1, "empty", "tc_pass",
	  NULL },
	{ "tc_chain", "ours, as loaded", "objects/tc_chain.o", NULL, -1, "empty", "tc_pass", NULL },
};

/*
 * What looks up a route, from v0 to w0: loaded by a tool, as xdp-forward has its program inside,
 * and wrapped where it runs.
 */
static const struct forward {
	const char *name, *what;
	const char *object;          /* of ours, or NULL */
	const char *command;         /* of a peer, or NULL */
	const char *attach, *detach; /* lines of the shell; NULL: not written yet */
} forwards[] = {
	{ "xdp-forward", "a route looked up for each packet", NULL, "xdp-forward",
	  "xdp-forward load -m native v0 w0", "xdp-forward unload v0 w0" },
	{ "xdp_forward", "ours", "objects/xdp_forward.o", NULL,
	  "load -m native v0 objects/xdp_forward.o", "unload --hook xdp v0" },
	{ "xdp_forward/cached", "ours, with its cache of next hops", "objects/xdp_forward.o", NULL,
	  NULL, NULL },
};
#define FORWARDS LEN(forwards)
_Static_assert(FORWARDS <= STORE_MORE, "more rows than store_measure() has room for");

static bool is_there(const struct forward *forward, struct row *row)
{
	if (forward->object && access(forward->object, R_OK))
		row_missing(row, true, "%s is not built yet", forward->object);
	else if (!forward->attach)
		row_missing(row, true, "%s is there, how to set it up is not", forward->object);
	else if (forward->command && !command_exists(forward->command))
		row_missing(row, false, PEER_XDP_FORWARD);
	return !row->missing[0];
}

static int add_forward(struct table *table, const struct forward *forward, struct store_run *run,
                       const struct keys *keys)
{
	struct row *row = table_row(table, forward->name, forward->what, testrun_round, run);
	struct frame frame;
	int err, last;

	snprintf(row->zero, sizeof(row->zero), "empty");
	if (forward != forwards)
		snprintf(row->vs, sizeof(row->vs), "%s", forwards[0].name);
	if (!is_there(forward, row))
		return 0;
	frame_make(&frame, false);
	frame_set_destination(&frame, "10.0.1.2");
	err = command_run(NULL, "%s", forward->attach);
	if (err)
		return err;
	run->used = true;
	err = subject_take(&run->subject, "v0");
	last = command_run(NULL, "%s", forward->detach);
	if (!err)
		err = testrun_make(&run->run, run->subject.prog_fd, &frame, keys);
	run->run.ifindex = (int)if_nametoindex("v0");
	if (!err)
		err = testrun_check(&run->run, XDP_REDIRECT, 64);
	return err ? err : last;
}

static int add_forwards(struct table *table, struct store_run *runs, const struct keys *keys)
{
	int err = 0;

	for (size_t i = 0; !err && i < FORWARDS; i++)
		err = add_forward(table, &forwards[i], &runs[i], keys);
	return err;
}

static struct table *make_table(const char *name, const char *title)
{
	struct table *table = table_new(name, title);

	if (!table)
		return NULL;
	table_metric(table, (struct metric){ .name = "cost", .unit = "ns" });
	table_note(table,
	           "Nanoseconds of thread CPU time around BPF_PROG_TEST_RUN, above the empty "
	           "program in the same wrapper and the same round.");
	table_note(table, "A wrapper restores each packet and gives it another of 65536 source "
	                  "addresses; IPv4, TCP, 64 bytes.");
	return table;
}

int group_packet(void)
{
	struct table *table = make_table("packet-xdp", "XDP programs: what each costs a packet");
	int err = table ? store_measure(table, xdp_programs, LEN(xdp_programs), add_forwards)
	                : -ENOMEM;

	if (err)
		return err;
	table = make_table("packet-tc", "tc programs: what each costs a packet");
	return table ? store_measure(table, tc_programs, LEN(tc_programs), NULL) : -ENOMEM;
}
