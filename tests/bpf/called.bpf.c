// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps of one shape in functions that are called: static ones, by the program and by each other,
 * and one for all. Each map is set to its number, in the order of use in the kernel: first
 * the program's own, then function by function, each before those that it calls. Every packet
 * passes.
 */
#include "compat/maps.bpf.h"

BPF_MAP(called_fourth, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);
BPF_MAP(called_second, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);
BPF_MAP(called_first, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);
BPF_MAP(called_third, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);

static __always_inline void set(void *map, __u32 number)
{
	__u32 key = 0, *value = bpf_map_lookup_elem(map, &key);

	if (value)
		*value = number;
}

static __noinline int third(struct xdp_md *ctx)
{
	set(&called_third, 3);
	return ctx->ingress_ifindex;
}

__noinline int fourth(struct xdp_md *ctx)
{
	set(&called_fourth, 4);
	return ctx->ingress_ifindex;
}

static __noinline int second(struct xdp_md *ctx)
{
	int index = third(ctx);

	set(&called_second, 2);
	return index;
}

SEC("xdp")
int called(struct xdp_md *ctx)
{
	int index = second(ctx) + fourth(ctx);

	set(&called_first, 1);
	return index ? XDP_PASS : XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
