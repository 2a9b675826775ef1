// SPDX-License-Identifier: GPL-2.0-only
/* Several programs for each hook: by its section, one alone is for ingress, and one for egress; and
 * one is for none. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int ingress(struct __sk_buff *skb)
{
	return skb->len ? TC_ACT_OK : TC_ACT_SHOT;
}

SEC("tc/egress")
int egress(struct __sk_buff *skb)
{
	return skb->len ? TC_ACT_OK : TC_ACT_SHOT;
}

SEC("foo")
int unnamed(struct __sk_buff *skb)
{
	return skb->len ? TC_ACT_OK : TC_ACT_SHOT;
}

SEC("xdp")
int first(struct xdp_md *ctx)
{
	return ctx->rx_queue_index > 1000 ? XDP_DROP : XDP_PASS;
}

SEC("xdp/again")
int second(struct xdp_md *ctx)
{
	return ctx->rx_queue_index > 1000 ? XDP_DROP : XDP_PASS;
}

SEC("fentry/vfs_read")
int traced(unsigned long long *ctx)
{
	return ctx[0] == 0;
}

char LICENSE[] SEC("license") = "GPL";
