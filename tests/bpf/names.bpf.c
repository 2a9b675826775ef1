// SPDX-License-Identifier: GPL-2.0-only
/* Maps whose names the kernel cuts, and maps of sections. Every packet passes. */
#include "compat/maps.bpf.h"

BPF_MAP(the_longest_name_of_all, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);
BPF_MAP(exactly_fifteen, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);

/* Of one name in the kernel, and told apart by what they hold. */
BPF_MAP(addresses_of_ipv4, BPF_MAP_TYPE_HASH, __u32, __u32, 16);
BPF_MAP(addresses_of_ipv6, BPF_MAP_TYPE_HASH, __u64, __u32, 16);

const volatile __u32 constant = 3;
__u32 counter;

SEC("xdp")
int names(struct xdp_md *ctx)
{
	__u64 key = constant;

	(void)ctx;
	bpf_map_lookup_elem(&the_longest_name_of_all, &key);
	bpf_map_lookup_elem(&exactly_fifteen, &key);
	bpf_map_lookup_elem(&addresses_of_ipv4, &key);
	bpf_map_lookup_elem(&addresses_of_ipv6, &key);
	counter++;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
