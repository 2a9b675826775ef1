// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drop what a source sends beyond its packets or bytes per second; without a limit for the source,
 * and without an IP header, a packet passes on to the filters behind: TC_ACT_UNSPEC.
 */
#include "ratelimit.bpf.h"
#include "chain.bpf.h"

BPF_MAP(tc_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, TC_STATS_SLOTS)
MAP_COUNTER;
CHAIN_TC(ratelimit);

SEC("tc")
int tc_ratelimit(struct __sk_buff *skb)
{
	struct packet p;

	if (rate_is_idle())
		return chain_tc(skb);
	parse_tc_to(skb, &p, 0);
	if (!rate_allows(&p))
		return tc_count(&tc_stats_map, skb, TC_ACT_SHOT);
	return chain_tc(skb);
}

char LICENSE[] SEC("license") = "GPL";
