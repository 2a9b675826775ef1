// SPDX-License-Identifier: GPL-2.0-only
/*
 * Change VLAN tags, addresses and ports of packets by rules, the first that fits; all packets go on
 * but those that cannot become what the rule says. For ingress and egress.
 */
#include "rewrite_tc.bpf.h"
#include "chain.bpf.h"

BPF_MAP(tc_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, TC_STATS_SLOTS)
MAP_COUNTER;
CHAIN_TC(rewrite);

SEC("tc")
int tc_rewrite(struct __sk_buff *skb)
{
	if (rewrite_tc(skb) == TC_ACT_SHOT)
		return tc_count(&tc_stats_map, skb, TC_ACT_SHOT);
	return chain_tc(skb);
}

char LICENSE[] SEC("license") = "GPL";
