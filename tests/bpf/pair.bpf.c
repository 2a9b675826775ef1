// SPDX-License-Identifier: GPL-2.0-only
/* Two maps that belong together; tests write one tag into both. Every packet passes. */
#include "compat/maps.bpf.h"

BPF_MAP(left, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1);
BPF_MAP(right, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1);

SEC("xdp")
int pair(struct xdp_md *ctx)
{
	__u32 key = 0;

	(void)ctx;
	bpf_map_lookup_elem(&left, &key);
	bpf_map_lookup_elem(&right, &key);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
