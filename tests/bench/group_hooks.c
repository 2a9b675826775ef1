// SPDX-License-Identifier: GPL-2.0-or-later
/* tc against XDP: the same jobs on both. */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <string.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/configured.h"
#include "tests/bench/job.h"
#include "tests/bench/store.h"
#include "tests/bench/wrapper.h"

/* The XDP program is compared to the tc program that does the same. */
#define TWINS(program, what, tc_action, xdp_action)                                                \
	{                                                                                          \
		"tc_" program, what, "objects/tc_" program ".o", NULL, tc_action, "empty-tc",      \
		NULL,          NULL                                                                \
	},                                                                                         \
	{                                                                                          \
		"xdp_" program, what, "objects/xdp_" program ".o", NULL, xdp_action, "empty-xdp",  \
			"tc_" program, NULL                                                        \
	}

static const struct store_program programs[] = {
	{ "empty-tc", "the zero line of tc", BENCH_BPF "empty.o", "empty_tc", TC_ACT_OK, NULL, NULL,
	  NULL },
	{ "empty-xdp", "the zero line of XDP", BENCH_BPF "empty.o", "empty_xdp", XDP_PASS, NULL,
	  NULL, NULL },
	TWINS("pass", "counts and passes", TC_ACT_OK, XDP_PASS),
	TWINS("drop", "counts and drops", TC_ACT_SHOT, XDP_DROP),
	TWINS("parse", "counts more sources than its LRU table has room for", ANY_ACTION,
	      ANY_ACTION),
	TWINS("acl", "nothing listed", ANY_ACTION, ANY_ACTION),
	TWINS("ratelimit", "looks for limits, there are none", ANY_ACTION, ANY_ACTION),
	TWINS("rewrite", "no rules", ANY_ACTION, ANY_ACTION),
	TWINS("echo", "TCP, which is not answered", ANY_ACTION, ANY_ACTION),
	TWINS("redirect", "nothing is redirected", ANY_ACTION, ANY_ACTION),
	TWINS("chain", "nothing behind it", ANY_ACTION, ANY_ACTION),
};

/* Of both hooks the zero line and a program that does something. */
static const char *const again[] = { "empty-xdp", "tc_pass", "xdp_pass", NULL };

static int measure_cost(void)
{
	struct table *table =
		table_new("hooks-cost", "tc against XDP: what the program itself costs");

	if (!table)
		return -ENOMEM;
	table_metric(table, (struct metric){ .name = "cost", .unit = "ns" });
	table_note(
		table,
		"Above the empty program of the same hook: without what the kernel does for tc "
		"before, such as making an skb. The next tables have it. What redirects or answers "
		"only decides: a test run sends nothing on.");
	table_note(
		table,
		"Thread CPU time, on packets that a wrapper restores, each with another of 65536 "
		"source addresses: parse has room for fewer in its LRU table, and each new source "
		"then drops one that is older; rows /1k have 1024 sources, which fit, and what "
		"forwards has 256. These are above empty-tc/1k and empty-xdp/1k, which have few as "
		"well.");
	table_note(table, MEASURED_NOTE);
	return store_measure(table, programs, sizeof(programs) / sizeof(programs[0]), again,
	                     configured_add_twins);
}

/* The program that forwards, on each hook, against that of clsact. */
static int measure_forward(void)
{
	static const char *const names[] = { "xdp_forward", "xdp_forward/generic", "tc_forward/tcx",
		                             "tc_forward" };
	struct job jobs[sizeof(names) / sizeof(names[0])];
	struct frame frame;
	size_t len = 0;
	int err;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t j = 0; j < job_forwards_len; j++)
			if (!strcmp(job_forwards[j].name, names[i]))
				jobs[len++] = job_forwards[j];
	frame_make(&frame, false);
	frame_set_destination(&frame, "10.0.1.2");
	err = job_sink_begin();
	if (!err)
		err = jobs_measure("hooks-forward",
		                   "tc against XDP: frames forwarded to another interface", jobs,
		                   len, "tc_forward", &frame);
	job_sink_end();
	return err;
}

int group_hooks(void)
{
	struct frame frame;
	int err = measure_cost();

	frame_make(&frame, false);
	if (!err)
		err = jobs_measure("hooks-drop", "tc against XDP: frames counted and dropped",
		                   job_drops, JOB_HOOKS, "tc-clsact", &frame);
	frame_silence(&frame);
	if (!err)
		err = jobs_measure("hooks-pass",
		                   "tc against XDP: frames counted and handed to the stack",
		                   job_passes, job_passes_len, "tc-clsact", &frame);
	if (!err)
		err = measure_forward();
	return err;
}
