// SPDX-License-Identifier: GPL-2.0-only
/* Look into a table; types1 has the members of its values in another order. */
#include "compat/maps.bpf.h"

struct seen {
	__u32 state;
	__u32 packets;
};

BPF_MAP(table, BPF_MAP_TYPE_HASH, __u32, struct seen, 16);

SEC("xdp")
int types2(struct xdp_md *ctx)
{
	__u32 key = 0;

	(void)ctx;
	bpf_map_lookup_elem(&table, &key);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
