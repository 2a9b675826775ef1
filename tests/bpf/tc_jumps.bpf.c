// SPDX-License-Identifier: GPL-2.0-only
/* For tc: jump to a program that drops; a packet that finds none passes. Both are counted. */
#include <linux/pkt_cls.h>
#include "compat/maps.bpf.h"
#include "objects/stats.bpf.h"

int jumps_drop(struct __sk_buff *skb);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, int(struct __sk_buff *));
} jumps SEC(".maps") = {
	.values = { [1] = &jumps_drop },
};

BPF_MAP(tc_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, TC_STATS_SLOTS);

SEC("tc")
int jumps_main(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &jumps, 1);
	return tc_count(&tc_stats_map, skb, TC_ACT_OK);
}

SEC("tc")
int jumps_drop(struct __sk_buff *skb)
{
	return tc_count(&tc_stats_map, skb, TC_ACT_SHOT);
}

char LICENSE[] SEC("license") = "GPL";
