// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dialect of iproute2's own loader: section 7/1 is slot 1 of the program array with id 7.
 * Frames that reach it are dropped, the others pass; both are counted.
 */
#define MAPS_LEGACY
#include "compat/maps.bpf.h"
#include "objects/stats.bpf.h"

BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS);

struct bpf_elf_map jumps SEC("maps") = {
	.type = BPF_MAP_TYPE_PROG_ARRAY,
	.size_key = sizeof(__u32),
	.size_value = sizeof(__u32),
	.max_elem = 2,
	.id = 7,
};

SEC("7/1")
int old_drop(struct xdp_md *ctx)
{
	return xdp_count(&xdp_stats_map, ctx, XDP_DROP);
}

SEC("xdp")
int old_main(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &jumps, 1);
	return xdp_count(&xdp_stats_map, ctx, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
