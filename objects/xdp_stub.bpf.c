// SPDX-License-Identifier: GPL-2.0-only
/*
 * Count packets and bytes; every packet passes. It does what xdp_pass does, under a name that says
 * why it is there: a veth takes frames that XDP_TX and redirect send it only while its own end has
 * a native program (or GRO).
 */
#include "compat/maps.bpf.h"
#include "stats.bpf.h"

BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS)
MAP_COUNTER;

SEC(XDP_SECTION)
int xdp_stub(struct xdp_md *ctx)
{
	return xdp_count(&xdp_stats_map, ctx, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
