// SPDX-License-Identifier: GPL-2.0-only
/* Count packets and bytes by protocol and by source address; every packet passes. */
#include "parse_count.bpf.h"

BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS)
MAP_COUNTER;

SEC(XDP_SECTION)
int xdp_parse(struct xdp_md *ctx)
{
	struct packet p;

	parse_count(&p, parse_xdp(ctx, &p));
	return xdp_count(&xdp_stats_map, ctx, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
