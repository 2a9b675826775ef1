// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drop what a source sends beyond its packets or bytes per second; without a limit for the source,
 * and without an IP header, a packet passes.
 */
#include "ratelimit.bpf.h"
#include "chain.bpf.h"

BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS)
MAP_COUNTER;
CHAIN_XDP(ratelimit);

SEC(XDP_SECTION)
int xdp_ratelimit(struct xdp_md *ctx)
{
	struct packet p;

	if (rate_is_idle())
		return chain_xdp(ctx);
	parse_xdp_to(ctx, &p, 0);
	if (!rate_allows(&p))
		return xdp_count(&xdp_stats_map, ctx, XDP_DROP);
	return chain_xdp(ctx);
}

char LICENSE[] SEC("license") = "GPL";
