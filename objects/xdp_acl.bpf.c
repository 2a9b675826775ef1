// SPDX-License-Identifier: GPL-2.0-only
/* Drop what the rules, the lists or the policy deny; let all else pass. */
#include "acl.bpf.h"
#include "chain.bpf.h"

BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS)
MAP_COUNTER;
CHAIN_XDP(acl);

SEC(XDP_SECTION)
int xdp_acl(struct xdp_md *ctx)
{
	struct acl_settings settings = acl_read_settings();
	struct packet p;

	if (acl_is_idle(&settings) ||
	    acl_passes(&p, parse_xdp_to(ctx, &p, acl_needs_ports(&settings)), &settings))
		return chain_xdp(ctx);
	return xdp_count(&xdp_stats_map, ctx, XDP_DROP);
}

char LICENSE[] SEC("license") = "GPL";
