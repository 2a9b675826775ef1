// SPDX-License-Identifier: GPL-2.0-only
/* Programs that others hold: in a program array, in a devmap and in a cpumap entry. */
#include "compat/maps.bpf.h"

/* What a devmap and a cpumap entry with a program looks like. */
struct held {
	__u32 number;
	__u32 prog;
};

BPF_MAP(jumps, BPF_MAP_TYPE_PROG_ARRAY, __u32, __u32, 2);
BPF_MAP(ports, BPF_MAP_TYPE_DEVMAP, __u32, struct held, 2);
BPF_MAP(cpus, BPF_MAP_TYPE_CPUMAP, __u32, struct held, 2);
BPF_MAP(of_tail, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);
BPF_MAP(of_port, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);
BPF_MAP(of_cpu, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);

SEC("xdp")
int held_main(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &jumps, 0);
	if (ctx->rx_queue_index == 1000)
		return bpf_redirect_map(&cpus, 0, XDP_PASS);
	return bpf_redirect_map(&ports, 0, XDP_PASS);
}

SEC("xdp")
int held_tail(struct xdp_md *ctx)
{
	__u32 key = 0;

	(void)ctx;
	bpf_map_lookup_elem(&of_tail, &key);
	return XDP_PASS;
}

SEC("xdp/devmap")
int held_port(struct xdp_md *ctx)
{
	__u32 key = 0;

	(void)ctx;
	bpf_map_lookup_elem(&of_port, &key);
	return XDP_PASS;
}

SEC("xdp/cpumap")
int held_cpu(struct xdp_md *ctx)
{
	__u32 key = 0;

	(void)ctx;
	bpf_map_lookup_elem(&of_cpu, &key);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
