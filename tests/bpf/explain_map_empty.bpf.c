// SPDX-License-Identifier: GPL-2.0-only
/* Has a map without room for any entry, which the kernel refuses. */
#include "compat/maps.bpf.h"

BPF_MAP(of_nothing, BPF_MAP_TYPE_HASH, __u32, __u64, 0);

SEC("xdp")
int map_refused(struct xdp_md *ctx)
{
	__u32 key = 1;

	(void)ctx;
	return bpf_map_lookup_elem(&of_nothing, &key) ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
