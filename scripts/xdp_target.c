// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/libbpf.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/ethtool.h"
#include "scripts/xdp_target.h"

bool xdp_is_native(const struct interface *iface)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);

	return !bpf_xdp_query((int)iface->ifindex, 0, &opts) && opts.drv_prog_id;
}

enum veth_loss xdp_source_judge(const struct interface *from, struct veth_peer *peer)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	struct link_facts facts;

	memset(peer, 0, sizeof(*peer));
	peer->netns_fd = -1;
	if (bpf_xdp_query((int)from->ifindex, 0, &opts) || !(opts.drv_prog_id || opts.skb_prog_id))
		return VETH_LOSES_NOTHING;
	if (link_facts_get(from->ifindex, &facts) || veth_peer_get(&facts, peer))
		return VETH_LOSES_NOTHING;
	return veth_peer_loss(peer, opts.drv_prog_id != 0);
}

static enum xdp_target judge_veth(const struct link_facts *facts, struct veth_peer *peer)
{
	int takes = veth_peer_get(facts, peer);

	if (!takes)
		takes = veth_peer_takes_redirect(peer);
	if (takes < 0) {
		peer->gro = takes;
		return XDP_TARGET_HIDDEN;
	}
	return takes ? XDP_TARGET_TAKES : XDP_TARGET_PEER;
}

enum xdp_target xdp_target_judge(const struct interface *to, bool native, struct veth_peer *peer)
{
	struct link_facts facts;
	__u64 features;

	memset(peer, 0, sizeof(*peer));
	peer->netns_fd = -1;
	if (link_facts_get(to->ifindex, &facts))
		return XDP_TARGET_UNKNOWN;
	if (!(facts.flags & IFF_UP))
		return XDP_TARGET_DOWN;
	if (!native)
		return XDP_TARGET_TAKES;
	if (!strcmp(facts.kind, "veth"))
		return judge_veth(&facts, peer);
	if (netdev_xdp_features(to->ifindex, &features))
		return XDP_TARGET_UNKNOWN;
	return features & XDP_ACT_NDO_XMIT ? XDP_TARGET_TAKES : XDP_TARGET_DRIVER;
}
