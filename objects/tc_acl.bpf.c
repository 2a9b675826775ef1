// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drop what the rules, the lists or the policy deny. All else goes on to the next program of the
 * hook (TC_ACT_UNSPEC), and passes if there is none.
 */
#include "acl.bpf.h"
#include "chain.bpf.h"

BPF_MAP(tc_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, TC_STATS_SLOTS)
MAP_COUNTER;
CHAIN_TC(acl);

SEC("tc")
int tc_acl(struct __sk_buff *skb)
{
	struct acl_settings settings = acl_read_settings();
	struct packet p;

	if (acl_is_idle(&settings) ||
	    acl_passes(&p, parse_tc_to(skb, &p, acl_needs_ports(&settings)), &settings))
		return chain_tc(skb);
	return tc_count(&tc_stats_map, skb, TC_ACT_SHOT);
}

char LICENSE[] SEC("license") = "GPL";
