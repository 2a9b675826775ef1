// SPDX-License-Identifier: GPL-2.0-only
/* A map that only the program uses which is called through a program array. */
#include "compat/maps.bpf.h"
#include "objects/stats.bpf.h"

int tail_drop(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, int(struct xdp_md *));
} jumps SEC(".maps") = {
	.values = { [0] = &tail_drop },
};

BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS);

SEC("xdp")
int tail_main(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &jumps, 0);
	return XDP_PASS;
}

SEC("xdp/tail")
int tail_drop(struct xdp_md *ctx)
{
	return xdp_count(&xdp_stats_map, ctx, XDP_DROP);
}

char LICENSE[] SEC("license") = "GPL";
