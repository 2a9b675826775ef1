// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that use the same maps in different orders, and one whose maps could be those of
 * another. Every packet passes.
 */
#include "compat/maps.bpf.h"

BPF_MAP(ones, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1);
BPF_MAP(twos, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1);
BPF_MAP(large, BPF_MAP_TYPE_HASH, __u32, __u64, 64);
BPF_MAP(alike1, BPF_MAP_TYPE_ARRAY, __u32, __u32, 7);
BPF_MAP(alike2, BPF_MAP_TYPE_ARRAY, __u32, __u32, 7);

SEC("xdp/in_order")
int in_order(struct xdp_md *ctx)
{
	__u32 key = 0;

	(void)ctx;
	bpf_map_lookup_elem(&ones, &key);
	bpf_map_lookup_elem(&large, &key);
	bpf_map_lookup_elem(&twos, &key);
	bpf_map_lookup_elem(&ones, &key);
	return XDP_PASS;
}

SEC("xdp/in_disorder")
int in_disorder(struct xdp_md *ctx)
{
	__u32 key = 0;

	(void)ctx;
	bpf_map_lookup_elem(&twos, &key);
	bpf_map_lookup_elem(&ones, &key);
	bpf_map_lookup_elem(&large, &key);
	return XDP_PASS;
}

SEC("xdp/first")
int first(struct xdp_md *ctx)
{
	__u32 key = 0;

	(void)ctx;
	bpf_map_lookup_elem(&alike1, &key);
	return XDP_PASS;
}

SEC("xdp/second")
int second(struct xdp_md *ctx)
{
	__u32 key = 0;

	(void)ctx;
	bpf_map_lookup_elem(&alike2, &key);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
