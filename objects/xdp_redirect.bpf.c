// SPDX-License-Identifier: GPL-2.0-only
/*
 * Send the frames of known stations out of another interface, with another destination address:
 * through the devmap tx_port, or plainly by ifindex. Frames of unknown stations pass.
 */
#include "redirect.bpf.h"
#include "chain.bpf.h"

BPF_DEVMAP(tx_port, BPF_MAP_TYPE_DEVMAP, __u32, __u32, 1)
MAP_CONFIG;
BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS)
MAP_COUNTER;
CHAIN_XDP(redirect);

/* No frame goes anywhere. Asked first: it costs less than to look for the station. */
static __always_inline int is_idle(const struct redirect_mode *mode)
{
	__u32 key = 0;

	return !(mode && mode->ifindex) && !bpf_map_lookup_elem(&tx_port, &key);
}

static __always_inline enum xdp_action choose(const struct redirect_mode *mode)
{
	if (!mode || !mode->plain)
		return bpf_redirect_map(&tx_port, 0, XDP_PASS); /* what it says without an entry */
	return mode->ifindex ? bpf_redirect(mode->ifindex, 0) : XDP_PASS;
}

SEC(XDP_SECTION)
int xdp_redirect(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct redirect_mode *mode = redirect_get_mode();
	struct redirect_mac *to;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end || is_idle(mode))
		return chain_xdp(ctx);
	to = redirect_destination(eth);
	if (!to || choose(mode) != XDP_REDIRECT)
		return chain_xdp(ctx);
	redirect_address(eth, to, xdp_bytes(ctx));
	return xdp_count(&xdp_stats_map, ctx, XDP_REDIRECT);
}

char LICENSE[] SEC("license") = "GPL";
