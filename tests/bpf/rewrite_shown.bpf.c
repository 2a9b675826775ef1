// SPDX-License-Identifier: GPL-2.0-only
/*
 * tc_rewrite between what a network card does: a tag that stands in the packet is taken out of it
 * and put beside it, and what lies beside it afterwards is put back, so that a test run sees it.
 */
#include "objects/rewrite_tc.bpf.h"

static __always_inline void take_tag_out(struct __sk_buff *skb)
{
	struct vlan_tag tag; /* here: its own protocol comes second, from the word before it */
	__be16 protocol;

	if (bpf_skb_load_bytes(skb, 12, &protocol, sizeof(protocol)) || !parse_is_vlan(protocol) ||
	    bpf_skb_load_bytes(skb, 14, &tag, sizeof(tag)) || skb->len < 18)
		return;
	bpf_skb_vlan_pop(skb);
	bpf_skb_vlan_push(skb, protocol, bpf_ntohs(tag.tci));
}

SEC("tc")
int rewrite_shown(struct __sk_buff *skb)
{
	int action;

	take_tag_out(skb);
	action = rewrite_tc(skb);
	/* The tag beside the packet makes room for another, which stays beside it, unseen. */
	if (skb->vlan_present)
		bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 0);
	return action;
}

char LICENSE[] SEC("license") = "GPL";
