// SPDX-License-Identifier: GPL-2.0-or-later
/* The jobs that real frames are measured on: what drops them, and what passes them. */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include "tests/bench/job.h"

#define KEYS     65536
#define JOBS_MAX 16

/* Where the statistics of what we load on v0 are, in the private BPF filesystem. */
#define V0_XDP_STATS "/sys/fs/bpf/v0/xdp_stats_map"
#define V0_TC_STATS  "/sys/fs/bpf/v0/tc_stats_map"

const struct job job_drops[] = {
	{ .name = "xdp-native",
	  .what = "xdp_drop in native mode",
	  .attach = "load -m native v0 objects/xdp_drop.o",
	  .detach = "unload --hook xdp v0",
	  .map = V0_XDP_STATS,
	  .action = XDP_DROP },
	{ .name = "xdp-generic",
	  .what = "xdp_drop in skb mode",
	  .attach = "load -m skb v0 objects/xdp_drop.o",
	  .detach = "unload --hook xdp v0",
	  .map = V0_XDP_STATS,
	  .action = XDP_DROP },
	{ .name = "tcx",
	  .what = "tc_drop on tcx",
	  .newer = true,
	  .attach = "load --tc tcx v0 objects/tc_drop.o",
	  .detach = "unload --hook tc_ingress v0",
	  .map = V0_TC_STATS,
	  .action = TC_ACT_SHOT },
	{ .name = "tc-clsact",
	  .what = "tc_drop on clsact",
	  .attach = "load --tc clsact v0 objects/tc_drop.o",
	  .detach = CLSACT_OFF("unload --hook tc_ingress v0"),
	  .map = V0_TC_STATS,
	  .action = TC_ACT_SHOT },
	{ .name = "nft-netdev",
	  .what = "a netdev chain of nft, counter drop",
	  .command = "nft",
	  .package = "nftables",
	  .attach = "nft 'add table netdev bench; add chain netdev bench c { type filter hook "
	            "ingress "
	            "device v0 priority 0; }; add rule netdev bench c counter drop'",
	  .detach = "nft delete table netdev bench",
	  .counted = "nft list ruleset 2>/dev/null | sed -n 's/.*packets \\([0-9]*\\).*/\\1/p' | "
	             "grep . "
	             "|| echo 0" },
	{ .name = "iptables-raw",
	  .what = "PREROUTING of iptables' table raw, -j DROP",
	  .command = "iptables",
	  .package = "iptables",
	  .iptables = true,
	  .attach = "iptables -w -t raw -A PREROUTING -i v0 -j DROP",
	  /* The empty chain would be asked about each packet that the stack gets after this. */
	  .detach = "iptables -w -t raw -F PREROUTING && iptables -w -t raw -X",
	  .counted = "iptables -w -t raw -L PREROUTING -v -x -n | awk '/DROP/ { n = $1 } END { "
	             "print n + 0 "
	             "}'" },
};
const size_t job_drops_len = sizeof(job_drops) / sizeof(job_drops[0]);

const struct job job_passes[] = {
	{ .name = "xdp-native",
	  .what = "xdp_pass in native mode",
	  .attach = "load -m native v0 objects/xdp_pass.o",
	  .detach = "unload --hook xdp v0",
	  .passes = true,
	  .map = V0_XDP_STATS,
	  .action = XDP_PASS },
	{ .name = "xdp-generic",
	  .what = "xdp_pass in skb mode",
	  .attach = "load -m skb v0 objects/xdp_pass.o",
	  .detach = "unload --hook xdp v0",
	  .passes = true,
	  .map = V0_XDP_STATS,
	  .action = XDP_PASS },
	{ .name = "tcx",
	  .what = "tc_pass on tcx",
	  .newer = true,
	  .attach = "load --tc tcx v0 objects/tc_pass.o",
	  .detach = "unload --hook tc_ingress v0",
	  .passes = true,
	  .map = V0_TC_STATS,
	  .action = TC_ACT_OK },
	{ .name = "tc-clsact",
	  .what = "tc_pass on clsact",
	  .attach = "load --tc clsact v0 objects/tc_pass.o",
	  .detach = CLSACT_OFF("unload --hook tc_ingress v0"),
	  .passes = true,
	  .map = V0_TC_STATS,
	  .action = TC_ACT_OK },
	{ .name = "nothing",
	  .what = "no program at all",
	  .attach = "true",
	  .detach = "true",
	  .passes = true },
};
const size_t job_passes_len = sizeof(job_passes) / sizeof(job_passes[0]);

static const struct job job_sender = { .name = JOB_SENDER,
	                               .what = "the sender alone: frames that go nowhere",
	                               .attach = "true",
	                               .detach = "true",
	                               .nowhere = true };

int jobs_measure(const char *name, const char *title, const struct job *jobs, size_t len,
                 const char *reference, const struct frame *frame)
{
	struct table *table = table_new(name, title);
	struct job_run runs[JOBS_MAX + 1] = {};
	struct sender sender = {};
	struct keys keys = {};
	int err = table && len <= JOBS_MAX ? 0 : -ENOMEM;

	if (!err)
		err = keys_make_private(&keys, KEYS);
	if (!err)
		err = sender_open(&sender, frame, &keys);
	if (!err) {
		job_metrics(table);
		if (jobs == job_forwards)
			table_note(table, "xdp-forward runs without libxdp's dispatcher "
			                  "(LIBXDP_SKIP_DISPATCHER), which would cost more.");
		if (jobs[0].passes)
			table_note(table, "The stack does not know the EtherType of these frames "
			                  "and drops them: what IPv4 would take is not in it.");
		if (jobs[0].forwards)
			table_note(table, "What arrives at w1 is dropped there by xdp_drop in "
			                  "native mode, for all rows: redirected frames need a "
			                  "program.");
		job_add(table, &job_sender, &runs[len], &sender);
	}
	for (size_t i = 0; !err && i < len; i++)
		job_add(table, &jobs[i], &runs[i], &sender);
	if (!err) {
		snprintf(table->reference, sizeof(table->reference), "%s", reference);
		err = table_run(table);
	}
	sender_close(&sender);
	keys_free(&keys);
	return err;
}
