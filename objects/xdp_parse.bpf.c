// SPDX-License-Identifier: GPL-2.0-only
/* Count packets and bytes by protocol and by source address; every packet passes. */
#include "parse_count.bpf.h"
#include "chain.bpf.h"

BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS)
MAP_COUNTER;
CHAIN_XDP(parse);

SEC(XDP_SECTION)
int xdp_parse(struct xdp_md *ctx)
{
	struct packet p;

	parse_count(&p, parse_xdp(ctx, &p));
	return chain_xdp(ctx);
}

char LICENSE[] SEC("license") = "GPL";
