// SPDX-License-Identifier: GPL-2.0-only
/* Count packets and bytes; every packet is dropped. */
#include "compat/maps.bpf.h"
#include "stats.bpf.h"

BPF_MAP(tc_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, TC_STATS_SLOTS)
MAP_COUNTER;

SEC("tc")
int tc_drop(struct __sk_buff *skb)
{
	return tc_count(&tc_stats_map, skb, TC_ACT_SHOT);
}

char LICENSE[] SEC("license") = "GPL";
