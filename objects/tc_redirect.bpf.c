// SPDX-License-Identifier: GPL-2.0-only
/*
 * Send the frames of known stations out of another interface, with another destination address.
 * Frames of unknown stations pass, to other filters and programs first.
 */
#include "redirect.bpf.h"
#include "chain.bpf.h"

BPF_MAP(tc_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, TC_STATS_SLOTS)
MAP_COUNTER;
CHAIN_TC(redirect);

SEC("tc")
int tc_redirect(struct __sk_buff *skb)
{
	struct ethhdr *eth = (void *)(long)skb->data;
	struct redirect_mode *mode = redirect_get_mode();
	struct redirect_mac *to;

	if ((void *)(eth + 1) > (void *)(long)skb->data_end || !mode || !mode->ifindex)
		return chain_tc(skb);
	to = redirect_destination(eth);
	if (!to)
		return chain_tc(skb);
	redirect_address(eth, to, skb->len);
	return tc_count(&tc_stats_map, skb, bpf_redirect(mode->ifindex, 0));
}

char LICENSE[] SEC("license") = "GPL";
