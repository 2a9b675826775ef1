// SPDX-License-Identifier: GPL-2.0-only
/*
 * Count ingress packets and bytes; every packet passes. Section xdp.frags lets native XDP take
 * packets of several buffers (an MTU above a page). The kernel has such packets, and the helper
 * that gives their whole length, since 5.18: before it, this object does not load.
 */
#include "compat/maps.bpf.h"
#include "stats.bpf.h"

BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS);

SEC("xdp.frags")
int xdp_pass_frags(struct xdp_md *ctx)
{
	stats_count(&xdp_stats_map, XDP_PASS, bpf_xdp_get_buff_len(ctx));
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
