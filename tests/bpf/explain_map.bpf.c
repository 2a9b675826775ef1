// SPDX-License-Identifier: GPL-2.0-only
/* Has a map that the kernel cannot make: its keys are too long for its type. */
#include "compat/maps.bpf.h"

struct long_key {
	__u8 bytes[8];
};

BPF_MAP(of_long_keys, BPF_MAP_TYPE_ARRAY, struct long_key, __u64, 1);

SEC("xdp")
int map_refused(struct xdp_md *ctx)
{
	struct long_key key = {};

	(void)ctx;
	return bpf_map_lookup_elem(&of_long_keys, &key) ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
