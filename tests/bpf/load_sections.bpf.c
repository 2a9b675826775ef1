// SPDX-License-Identifier: GPL-2.0-only
/* Sections that say more than the hook: egress in another loader's words, and entries of maps. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("classifier/egress_mark")
int to_egress(struct __sk_buff *skb)
{
	return skb->len ? 0 : 2;
}

SEC("xdp/devmap")
int in_devmap(struct xdp_md *ctx)
{
	return ctx->rx_queue_index > 1000 ? XDP_DROP : XDP_PASS;
}

SEC("xdp.frags/cpumap")
int in_cpumap(struct xdp_md *ctx)
{
	return ctx->rx_queue_index > 1000 ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
