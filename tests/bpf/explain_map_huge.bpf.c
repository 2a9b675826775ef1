// SPDX-License-Identifier: GPL-2.0-only
/* Has a map that is larger than any machine: 128 TiB. */
#include "compat/maps.bpf.h"

struct large {
	__u8 bytes[65536];
};

BPF_MAP(of_everything, BPF_MAP_TYPE_HASH, __u32, struct large, 1U << 31);

SEC("xdp")
int map_refused(struct xdp_md *ctx)
{
	__u32 key = 1;

	(void)ctx;
	return bpf_map_lookup_elem(&of_everything, &key) ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
