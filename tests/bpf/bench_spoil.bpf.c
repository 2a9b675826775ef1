// SPDX-License-Identifier: GPL-2.0-only
/* Refuse a packet that is not as it was sent, and leave none as it was: shifted, TTL used up. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define SIZE 64
#define TTL  64

/* The header of a packet as it was sent, or NULL. */
static __always_inline struct iphdr *find(void *data, void *data_end)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > data_end || data_end - data != SIZE)
		return NULL;
	return eth->h_proto == bpf_htons(ETH_P_IP) && ip->ttl == TTL ? ip : NULL;
}

SEC("xdp")
int bench_spoil_xdp(struct xdp_md *ctx)
{
	struct iphdr *ip = find((void *)(long)ctx->data, (void *)(long)ctx->data_end);

	if (!ip)
		return XDP_ABORTED;
	ip->ttl = 0;
	return bpf_xdp_adjust_head(ctx, -4) ? XDP_ABORTED : XDP_PASS;
}

SEC("tc")
int bench_spoil_tc(struct __sk_buff *skb)
{
	struct iphdr *ip = find((void *)(long)skb->data, (void *)(long)skb->data_end);

	if (!ip)
		return TC_ACT_SHOT;
	ip->ttl = 0;
	return bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 7) ? TC_ACT_SHOT : TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
