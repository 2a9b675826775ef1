// SPDX-License-Identifier: GPL-2.0-only
/*
 * Change VLAN tags, addresses and ports of packets by rules, the first that fits; all packets pass
 * but those that cannot become what the rule says.
 */
#include "rewrite_change.bpf.h"
#include "chain.bpf.h"

BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS)
MAP_COUNTER;
CHAIN_XDP(rewrite);

/* The first 12 bytes of a frame; the EtherType behind them goes with what follows. */
struct addresses {
	__u32 words[3];
};

static __always_inline int push_vlan(struct xdp_md *ctx, const struct rewrite_rule *rule)
{
	struct addresses *from, *to, copy;
	struct vlan_tag *tag;

	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*tag)))
		return -1;
	to = (void *)(long)ctx->data;
	from = (void *)to + sizeof(*tag);
	if ((void *)(from + 1) > (void *)(long)ctx->data_end)
		return -1;
	copy = *from; /* they overlap */
	*to = copy;
	/* Here a tag begins with its own protocol. */
	((__be16 *)(to + 1))[0] = rule->vlan_protocol;
	((__be16 *)(to + 1))[1] = bpf_htons(rule->tci);
	return 0;
}

static __always_inline int pop_vlan(struct xdp_md *ctx)
{
	struct addresses *from = (void *)(long)ctx->data, *to, copy;

	to = (void *)from + sizeof(struct vlan_tag);
	if ((void *)(to + 1) > (void *)(long)ctx->data_end)
		return -1;
	copy = *from; /* they overlap */
	*to = copy;
	return bpf_xdp_adjust_head(ctx, sizeof(struct vlan_tag));
}

/* Returns 0, or -1 if the packet cannot become what it should. */
static __always_inline int rewrite(struct xdp_md *ctx, const struct rewrite_packet *d,
                                   const struct rewrite_rule *rule)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct rewrite_change change;

	if (rewrite_is_impossible(rule, d))
		return -1;
	rewrite_headers(d, data, end, rule, d->vlans, &change);
	rewrite_checksum(d, data, end, &change);
	if (rule->actions & REWRITE_PUSH_VLAN)
		return push_vlan(ctx, rule);
	if (rule->actions & REWRITE_POP_VLAN && d->vlans)
		return pop_vlan(ctx);
	return 0;
}

SEC(XDP_SECTION)
int xdp_rewrite(struct xdp_md *ctx)
{
	const struct rewrite_shapes *shapes = rewrite_what();
	const struct rewrite_rule *rule;
	struct rewrite_packet d;
	enum parse_status status;
	struct packet p;

	if (!shapes)
		return chain_xdp(ctx);
	status = parse_xdp(ctx, &p);
	if (status != PARSE_OK) {
		status = parse_xdp_to(ctx, &p, 0);
		rewrite_find_ports(&p);
	}
	if (!p.eth)
		return chain_xdp(ctx);
	rewrite_describe(&d, &p, status, REWRITE_IN);
	rule = rewrite_find(shapes, &d);
	if (!rule)
		return chain_xdp(ctx);
	stats_count(&rewrite_hits, rule->slot, xdp_bytes(ctx));
	if (rewrite(ctx, &d, rule))
		return xdp_count(&xdp_stats_map, ctx, XDP_DROP);
	return chain_xdp(ctx);
}

char LICENSE[] SEC("license") = "GPL";
