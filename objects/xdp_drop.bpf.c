// SPDX-License-Identifier: GPL-2.0-only
/* Count ingress packets and bytes; every packet is dropped. */
#include "compat/maps.bpf.h"
#include "stats.bpf.h"

BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS)
MAP_COUNTER;

SEC(XDP_SECTION)
int xdp_drop(struct xdp_md *ctx)
{
	return xdp_count(&xdp_stats_map, ctx, XDP_DROP);
}

char LICENSE[] SEC("license") = "GPL";
