// SPDX-License-Identifier: GPL-2.0-or-later
/* tc against XDP: the same jobs on both. */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/job.h"
#include "tests/bench/store.h"
#include "tests/bench/wrapper.h"

/* Twins: the XDP program is compared to the tc program that does the same. */
static const struct store_program programs[] = {
	{ "empty-tc", "the zero line of tc", BENCH_BPF "empty.o", "empty_tc", TC_ACT_OK, NULL, NULL,
	  NULL },
	{ "empty-xdp", "the zero line of XDP", BENCH_BPF "empty.o", "empty_xdp", XDP_PASS, NULL,
	  NULL, NULL },
	{ "tc_pass", "counts and passes", "objects/tc_pass.o", NULL, TC_ACT_OK, "empty-tc", NULL,
	  NULL },
	{ "xdp_pass", "counts and passes", "objects/xdp_pass.o", NULL, XDP_PASS, "empty-xdp",
	  "tc_pass", NULL },
	{ "tc_drop", "counts and drops", "objects/tc_drop.o", NULL, TC_ACT_SHOT, "empty-tc", NULL,
	  NULL },
	{ "xdp_drop", "counts and drops", "objects/xdp_drop.o", NULL, XDP_DROP, "empty-xdp",
	  "tc_drop", NULL },
	{ "tc_parse", "counts more sources than its LRU table has room for", "objects/tc_parse.o",
	  NULL, -1, "empty-tc", NULL, NULL },
	{ "xdp_parse", "counts more sources than its LRU table has room for", "objects/xdp_parse.o",
	  NULL, -1, "empty-xdp", "tc_parse", NULL },
	{ "tc_acl", "nothing listed", "objects/tc_acl.o", NULL, -1, "empty-tc", NULL, NULL },
	{ "xdp_acl", "nothing listed", "objects/xdp_acl.o", NULL, -1, "empty-xdp", "tc_acl", NULL },
};

static int measure_cost(void)
{
	struct table *table =
		table_new("hooks-cost", "tc against XDP: what the program itself costs");

	if (!table)
		return -ENOMEM;
	table_metric(table, (struct metric){ .name = "cost", .unit = "ns" });
	table_note(table,
	           "Above the empty program of the same hook: without what the kernel does for tc "
	           "before, such as making an skb. The next tables have it.");
	return store_measure(table, programs, sizeof(programs) / sizeof(programs[0]), NULL);
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
	return err;
}
