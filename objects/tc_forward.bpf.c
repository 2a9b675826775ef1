// SPDX-License-Identifier: GPL-2.0-only
/*
 * Route IPv4 and IPv6 packets by the kernel's own FIB, and send them out of the next hop's
 * interface, before netfilter and the rest of the stack; whatever the FIB cannot decide, and all
 * that needs an answer, passes to other filters and then to the stack. On egress all go on.
 */
#include "forward.bpf.h"
#include "stats.bpf.h"
#include "chain.bpf.h"

#define HOP_LIMIT_OFFSET (ETH_HLEN + __builtin_offsetof(struct ipv6hdr, hop_limit))
#define TO_OTHER_HOST    3 /* PACKET_OTHERHOST */

BPF_MAP(tc_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, TC_STATS_SLOTS)
MAP_COUNTER;
CHAIN_TC(forward);

/* What the MTU is compared with: of a packet that is cut on the way out, each part. */
static __always_inline __u32 length(const struct __sk_buff *skb, const struct packet *p)
{
	void *ip = p->eth + 1;

	if (skb->gso_size && p->tcp)
		return (void *)p->tcp - ip + p->tcp->doff * 4 + skb->gso_size;
	if (skb->gso_size && p->udp)
		return (void *)(p->udp + 1) - ip + skb->gso_size;
	return forward_ip_len(p);
}

SEC("tc")
int tc_forward(struct __sk_buff *skb)
{
	struct forward_hop hop;
	enum forward_reason reason;
	struct packet p;
	__u32 wanted;
	__u8 hops;

	/* On ingress they are the same. What leaves has its way, or is the host's own. */
	if (skb->ingress_ifindex != skb->ifindex)
		return chain_tc(skb);

	FORWARD_IN_MEMORY(p);
	FORWARD_IN_MEMORY(hop);
	reason = forward_check(&p, parse_tc(skb, &p));
	if (reason == FORWARD_LOOKED_UP && skb->pkt_type == TO_OTHER_HOST)
		reason = FORWARD_OTHER_HOST;
	if (reason == FORWARD_LOOKED_UP)
		reason = forward_find(skb, &p, skb->ifindex, length(skb, &p), skb->mark, &hop);
	if (!forward_is_sent(reason))
		return chain_tc(skb);
	wanted = forward_frame_len(&p);
	forward_write_ethernet(p.eth, &hop);
	if (p.ip4) {
		forward_decrease_ttl(p.ip4);
	} else if (p.ip6) {
		/* No checksum of its own makes up for this: the one of the device must know. */
		hops = p.ip6->hop_limit - 1;
		bpf_skb_store_bytes(skb, HOP_LIMIT_OFFSET, &hops, sizeof(hops),
		                    BPF_F_RECOMPUTE_CSUM);
	}
	if (skb->len > wanted && !skb->gso_size)
		bpf_skb_change_tail(skb, wanted, 0);
	return tc_count(&tc_stats_map, skb, bpf_redirect(hop.ifindex, 0));
}

char LICENSE[] SEC("license") = "GPL";
