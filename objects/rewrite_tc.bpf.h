/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What rewriting is in tc: the tag may lie beside the packet, and the sender or the network card
 * may have left a part of the checksum to somebody else, so that the kernel's own helpers update
 * both.
 */
#ifndef REWRITE_TC_BPF_H
#define REWRITE_TC_BPF_H

#include "rewrite_change.bpf.h"

/* All pointers into the packet are invalid afterwards. */
static __always_inline void rewrite_checksum_tc(struct __sk_buff *skb,
                                                const struct rewrite_packet *d,
                                                const struct rewrite_change *change)
{
	__u64 flags = d->all.key.protocol == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;
	__u32 offset = d->l4 + rewrite_checksum_place(d);

	if (!d->l4)
		return;
	/*
	 * If the card has summed the whole packet (this call succeeds only then), an update of the
	 * checksum of IPv6 by the helper spoils that sum: addresses and checksum cancel out in it.
	 */
	if (d->all.key.family == 6 && bpf_csum_update(skb, 0) >= 0) {
		rewrite_checksum(d, (void *)(long)skb->data, (void *)(long)skb->data_end, change);
		return;
	}
	if (change->addresses)
		bpf_l4_csum_replace(skb, offset, 0, checksum_fold32(change->addresses),
		                    flags | BPF_F_PSEUDO_HDR);
	if (change->ports)
		bpf_l4_csum_replace(skb, offset, 0, checksum_fold32(change->ports), flags);
}

/* Returns 0, or a negative number if the packet cannot become what it should. */
static __always_inline long rewrite_vlan_tc(struct __sk_buff *skb, const struct rewrite_rule *rule,
                                            int vlans)
{
	__u16 protocol = skb->vlan_proto, priority = skb->vlan_tci & ~REWRITE_VLAN_ID;
	long err;

	if (rule->actions & REWRITE_PUSH_VLAN)
		return bpf_skb_vlan_push(skb, rule->vlan_protocol, rule->tci);
	if (rule->actions & REWRITE_POP_VLAN && vlans)
		return bpf_skb_vlan_pop(skb);
	if (rule->actions & REWRITE_SET_VLAN && skb->vlan_present) {
		err = bpf_skb_vlan_pop(skb);
		if (err)
			return err;
		return bpf_skb_vlan_push(skb, protocol, priority | (rule->tci & REWRITE_VLAN_ID));
	}
	return 0;
}

/* On ingress the two are the same; what leaves came from elsewhere, or from the host. */
static __always_inline __u8 rewrite_direction(const struct __sk_buff *skb)
{
	return skb->ingress_ifindex == skb->ifindex ? REWRITE_IN : REWRITE_OUT;
}

/* Returns the action. */
static __always_inline int rewrite_tc(struct __sk_buff *skb)
{
	const struct rewrite_shapes *shapes = rewrite_what();
	const struct rewrite_rule *rule;
	struct rewrite_change change;
	struct rewrite_packet d;
	enum parse_status status;
	struct packet p;

	if (!shapes)
		return TC_ACT_UNSPEC;
	status = parse_tc(skb, &p);
	if (status != PARSE_OK) {
		status = parse_tc_to(skb, &p, 0);
		rewrite_find_ports(&p);
	}
	if (!p.eth)
		return TC_ACT_UNSPEC;
	rewrite_describe(&d, &p, status, rewrite_direction(skb));
	rule = rewrite_find(shapes, &d);
	if (!rule)
		return TC_ACT_UNSPEC;
	stats_count(&rewrite_hits, rule->slot, skb->len);
	if (rewrite_is_impossible(rule, &d))
		return TC_ACT_SHOT;
	rewrite_headers(&d, (void *)(long)skb->data, (void *)(long)skb->data_end, rule,
	                d.vlans && !skb->vlan_present, &change);
	rewrite_checksum_tc(skb, &d, &change);
	return rewrite_vlan_tc(skb, rule, d.vlans) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

#endif
