// SPDX-License-Identifier: GPL-2.0-only
/* A devmap whose entries may hold programs. Every packet passes. */
#include "compat/maps.bpf.h"

struct port {
	__u32 ifindex;
	__u32 prog;
};

BPF_MAP(ports, BPF_MAP_TYPE_DEVMAP, __u32, struct port, 2);

SEC("xdp")
int ports_main(struct xdp_md *ctx)
{
	if (ctx->rx_queue_index == 1000)
		return bpf_redirect_map(&ports, 0, XDP_PASS);
	return XDP_PASS;
}

SEC("xdp/devmap")
int ports_entry(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
