// SPDX-License-Identifier: GPL-2.0-or-later
/* tc against XDP: the same jobs on both. */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/job.h"
#include "tests/bench/store.h"
#include "tests/bench/wrapper.h"

#define KEYS 65536

/* Twins: the XDP program is compared to the tc program that does the same. */
static const struct {
	struct store_program program;
	const char *zero;
} programs[] = {
	{ { "tc_pass", "counts and passes", "objects/tc_pass.o", NULL, TC_ACT_OK, NULL, NULL },
	  "empty-tc" },
	{ { "xdp_pass", "counts and passes", "objects/xdp_pass.o", NULL, XDP_PASS, "tc_pass",
	    NULL },
	  "empty-xdp" },
	{ { "tc_drop", "counts and drops", "objects/tc_drop.o", NULL, TC_ACT_SHOT, NULL, NULL },
	  "empty-tc" },
	{ { "xdp_drop", "counts and drops", "objects/xdp_drop.o", NULL, XDP_DROP, "tc_drop", NULL },
	  "empty-xdp" },
	{ { "tc_parse", "ours, as loaded", "objects/tc_parse.o", NULL, -1, NULL, NULL },
	  "empty-tc" },
	{ { "xdp_parse", "ours, as loaded", "objects/xdp_parse.o", NULL, -1, "tc_parse", NULL },
	  "empty-xdp" },
	{ { "tc_acl", "ours, as loaded", "objects/tc_acl.o", NULL, -1, NULL, NULL }, "empty-tc" },
	{ { "xdp_acl", "ours, as loaded", "objects/xdp_acl.o", NULL, -1, "tc_acl", NULL },
	  "empty-xdp" },
};
#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

static const struct store_program zeros[] = {
	{ "empty-tc", "the zero line of tc", BENCH_BPF "empty.o", "empty_tc", TC_ACT_OK, NULL,
	  NULL },
	{ "empty-xdp", "the zero line of XDP", BENCH_BPF "empty.o", "empty_xdp", XDP_PASS, NULL,
	  NULL },
};

static int measure_cost(void)
{
	struct table *table =
		table_new("hooks-cost", "tc against XDP: what the program itself costs");
	struct store_run *runs = calloc(PROGRAMS + 2, sizeof(*runs));
	struct keys keys = {};
	struct frame frame;
	int err = table && runs ? 0 : -ENOMEM;

	frame_make(&frame, false);
	if (!err)
		err = keys_make_private(&keys, KEYS);
	if (!err) {
		table_metric(table, (struct metric){ .name = "cost", .unit = "ns" });
		table_note(table,
		           "Above the empty program of the same hook: without what the kernel "
		           "does for tc before, such as making an skb. The next tables have it.");
	}
	for (size_t i = 0; !err && i < 2; i++)
		err = store_add(table, &zeros[i], &runs[PROGRAMS + i], &frame, &keys, NULL);
	for (size_t i = 0; !err && i < PROGRAMS; i++)
		err = store_add(table, &programs[i].program, &runs[i], &frame, &keys,
		                programs[i].zero);
	if (!err)
		err = table_run(table);
	for (size_t i = 0; runs && i < PROGRAMS + 2; i++)
		store_run_free(&runs[i]);
	free(runs);
	keys_free(&keys);
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
	return err;
}
