/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules by address and port, of which keys2 lacks the port: its keys may become equal. */
#include "compat/maps.bpf.h"

struct where {
	__u32 address;
#ifndef KEYS_SECOND
	__u32 port;
#endif
};

BPF_MAP(rules, BPF_MAP_TYPE_HASH, struct where, __u64, 4);

SEC("xdp")
int keys(struct xdp_md *ctx)
{
	struct where where = { .address = ctx->data_end - ctx->data };

	return bpf_map_lookup_elem(&rules, &where) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
