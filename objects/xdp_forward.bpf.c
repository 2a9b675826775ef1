// SPDX-License-Identifier: GPL-2.0-only
/*
 * Route IPv4 and IPv6 packets by the kernel's own FIB, and send them out of the next hop's
 * interface; whatever the FIB cannot decide, and all that needs an answer, passes to the stack.
 */
#include "forward.bpf.h"
#include "stats.bpf.h"
#include "chain.bpf.h"

BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS)
MAP_COUNTER;
CHAIN_XDP(forward);

SEC(XDP_SECTION)
int xdp_forward(struct xdp_md *ctx)
{
	struct forward_hop hop;
	enum forward_reason reason;
	__u32 bytes, wanted;
	struct packet p;

	FORWARD_IN_MEMORY(p);
	FORWARD_IN_MEMORY(hop);
	reason = forward_check(&p, parse_xdp(ctx, &p));
	if (reason == FORWARD_LOOKED_UP)
		reason = forward_find(ctx, &p, ctx->ingress_ifindex, forward_ip_len(&p), 0, &hop);
	if (!forward_is_sent(reason))
		return chain_xdp(ctx);
	forward_write_ethernet(p.eth, &hop);
	if (p.ip4)
		forward_decrease_ttl(p.ip4);
	else if (p.ip6)
		p.ip6->hop_limit--;
	bytes = xdp_bytes(ctx);
	wanted = forward_frame_len(&p);
	if (bytes > wanted)
		bpf_xdp_adjust_tail(ctx, (int)(wanted - bytes));
	return xdp_count(&xdp_stats_map, ctx, bpf_redirect(hop.ifindex, 0));
}

char LICENSE[] SEC("license") = "GPL";
