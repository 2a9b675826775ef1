// SPDX-License-Identifier: GPL-2.0-only
/* Sections that libbpf does not know: iproute2's defaults, and one that says nothing. */
#include "compat/maps.bpf.h"
#include "objects/stats.bpf.h"

BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS);
BPF_MAP(tc_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, TC_STATS_SLOTS);

SEC("prog")
int odd_xdp(struct xdp_md *ctx)
{
	return xdp_count(&xdp_stats_map, ctx, XDP_PASS);
}

SEC("classifier")
int odd_tc(struct __sk_buff *skb)
{
	return tc_count(&tc_stats_map, skb, TC_ACT_OK);
}

SEC("foo/bar")
int odd_any(struct xdp_md *ctx)
{
	return xdp_count(&xdp_stats_map, ctx, XDP_DROP);
}

char LICENSE[] SEC("license") = "GPL";
