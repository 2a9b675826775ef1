// SPDX-License-Identifier: GPL-2.0-only
/* Two maps that nothing tells apart once the kernel has cut their names. Every packet passes. */
#include "compat/maps.bpf.h"

BPF_MAP(identical_name_1, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);
BPF_MAP(identical_name_2, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);
BPF_MAP(another, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);

SEC("xdp")
int twins(struct xdp_md *ctx)
{
	__u32 key = 0;

	(void)ctx;
	bpf_map_lookup_elem(&identical_name_1, &key);
	bpf_map_lookup_elem(&identical_name_2, &key);
	bpf_map_lookup_elem(&another, &key);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
