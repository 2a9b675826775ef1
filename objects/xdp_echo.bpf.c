// SPDX-License-Identifier: GPL-2.0-only
/* Answer ICMP and ICMPv6 echo requests (ping) to this host; every other packet passes. */
#include "compat/maps.bpf.h"
#include "echo.bpf.h"
#include "stats.bpf.h"
#include "chain.bpf.h"

BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS)
MAP_COUNTER;
CHAIN_XDP(echo);

SEC(XDP_SECTION)
int xdp_echo(struct xdp_md *ctx)
{
	struct packet p;

	if (parse_xdp(ctx, &p) != PARSE_OK || !echo_is_request(&p) ||
	    !echo_is_for_host(ctx, ctx->ingress_ifindex, &p))
		return chain_xdp(ctx);
	echo_answer(&p);
	return xdp_count(&xdp_stats_map, ctx, XDP_TX);
}

char LICENSE[] SEC("license") = "GPL";
