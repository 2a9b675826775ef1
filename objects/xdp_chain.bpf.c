// SPDX-License-Identifier: GPL-2.0-only
/* The head of a row of programs: hand each packet to the first; without one it passes. */
#include "compat/maps.bpf.h"
#include "stats.bpf.h"
#include "chain.bpf.h"

BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS)
MAP_COUNTER;
CHAIN_XDP(chain);

SEC(XDP_SECTION)
int xdp_chain(struct xdp_md *ctx)
{
	return chain_xdp(ctx);
}

char LICENSE[] SEC("license") = "GPL";
