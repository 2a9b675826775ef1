// SPDX-License-Identifier: GPL-2.0-only
/*
 * Count packets and bytes; every packet passes. TC_ACT_OK is what tc users expect of "pass": it
 * ends the classification, so filters of a later pref (and tcx programs behind it) do not run.
 */
#include "compat/maps.bpf.h"
#include "stats.bpf.h"

BPF_MAP(tc_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, TC_STATS_SLOTS)
MAP_COUNTER;

SEC("tc")
int tc_pass(struct __sk_buff *skb)
{
	return tc_count(&tc_stats_map, skb, TC_ACT_OK);
}

char LICENSE[] SEC("license") = "GPL";
