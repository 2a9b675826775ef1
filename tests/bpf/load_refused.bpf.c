// SPDX-License-Identifier: GPL-2.0-only
/* Reads a packet without looking where it ends: the verifier refuses it. */
#include "compat/maps.bpf.h"

BPF_MAP(of_refused, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1);

SEC("xdp")
int load_refused(struct xdp_md *ctx)
{
	__u32 key = 0;

	bpf_map_lookup_elem(&of_refused, &key);
	return *(volatile __u8 *)(long)ctx->data ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
