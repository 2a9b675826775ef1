// SPDX-License-Identifier: GPL-2.0-only
/*
 * Count packets and bytes by protocol and by source address. Every packet passes on to the filters
 * behind: TC_ACT_UNSPEC.
 */
#include "parse_count.bpf.h"
#include "chain.bpf.h"

BPF_MAP(tc_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, TC_STATS_SLOTS)
MAP_COUNTER;
CHAIN_TC(parse);

SEC("tc")
int tc_parse(struct __sk_buff *skb)
{
	struct packet p;

	parse_count(&p, parse_tc(skb, &p));
	return chain_tc(skb);
}

char LICENSE[] SEC("license") = "GPL";
