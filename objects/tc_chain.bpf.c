// SPDX-License-Identifier: GPL-2.0-only
/* The head of a row of programs: hand each packet to the first; without one it goes on. */
#include "compat/maps.bpf.h"
#include "stats.bpf.h"
#include "chain.bpf.h"

BPF_MAP(tc_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, TC_STATS_SLOTS)
MAP_COUNTER;
CHAIN_TC(chain);

SEC("tc")
int tc_chain(struct __sk_buff *skb)
{
	return chain_tc(skb);
}

char LICENSE[] SEC("license") = "GPL";
