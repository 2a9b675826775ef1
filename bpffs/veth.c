// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/ethtool.h"
#include "bpffs/log.h"
#include "bpffs/veth.h"

/* Runs in the peer's network namespace. */
static int look(void *arg)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	struct ethtool_channels channels;
	struct veth_peer *peer = arg;
	int err = link_facts_get(peer->ifindex, &peer->facts);

	if (err)
		return err;
	peer->netns_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (peer->netns_fd < 0)
		return -errno;
	peer->gro = ethtool_feature(peer->facts.name, "rx-gro");
	peer->tx_checksum = ethtool_feature(peer->facts.name, "tx-checksum-ip-generic");
	peer->tx_segments = ethtool_feature(peer->facts.name, "tx-tcp-segmentation");
	peer->tx_vlan = ethtool_feature(peer->facts.name, "tx-vlan-hw-insert");
	/*
	 * Before 5.13 a veth says that GRO is on, but takes no frames for it. The same kernel
	 * brought an answer to this question.
	 */
	if (ethtool_channels(peer->facts.name, &channels) != -EOPNOTSUPP)
		peer->gro_helps = true;
	else if (peer->gro > 0)
		peer->gro = 0;
	peer->tx_queues = channels.tx_count;
	if (!bpf_xdp_query((int)peer->ifindex, 0, &opts)) {
		peer->native_prog = opts.drv_prog_id;
		peer->skb_prog = opts.skb_prog_id;
	}
	return 0;
}

int veth_peer_get(const struct link_facts *veth, struct veth_peer *peer)
{
	memset(peer, 0, sizeof(*peer));
	peer->netns_fd = -1;
	peer->ifindex = veth->lower;
	if (strcmp(veth->kind, "veth") != 0)
		return -ENODEV;
	return link_visit_peer(veth, look, peer);
}

int veth_peer_takes_tx(const struct veth_peer *peer)
{
	return peer->native_prog != 0;
}

int veth_peer_takes_redirect(const struct veth_peer *peer)
{
	return peer->native_prog ? 1 : peer->gro;
}

enum veth_loss veth_peer_loss(const struct veth_peer *peer, bool native)
{
	if (native)
		return peer->tx_checksum == 1 ? VETH_LOSES_CHECKSUMS : VETH_LOSES_NOTHING;
	return peer->tx_segments == 1 ? VETH_LOSES_SEGMENTS : VETH_LOSES_NOTHING;
}

void veth_peer_tell_loss(const struct veth_peer *peer, const char *veth, enum veth_loss loss)
{
	const char *name = peer->facts.name;

	switch (loss) {
	case VETH_LOSES_NOTHING: return;
	case VETH_LOSES_CHECKSUMS:
		note("TCP and UDP from %s, the other end of %s, have wrong checksums where native "
		     "XDP redirects them, and are dropped: tx-checksumming of %s is on",
		     name, veth, name);
		break;
	case VETH_LOSES_SEGMENTS:
		note("TCP from %s, the other end of %s, stalls where generic XDP redirects it, "
		     "which "
		     "drops frames above the MTU: tcp-segmentation-offload of %s is on",
		     name, veth, name);
		break;
	}
	/* It takes segmentation along, of TCP and of UDP. */
	hint("leave nothing to a device, in the network namespace of %s: ethtool -K %s tx off",
	     name, cli_word(name));
}

bool veth_lacks_queues(const char *veth, const struct veth_peer *peer, struct veth_queues *queues)
{
	struct ethtool_channels channels;

	if (!peer->tx_queues || ethtool_channels(veth, &channels) ||
	    channels.rx_count >= peer->tx_queues)
		return false;
	queues->has = channels.rx_count;
	queues->on_peer = channels.max_rx < peer->tx_queues;
	if (queues->on_peer)
		snprintf(queues->command, sizeof(queues->command), "ethtool -L %s tx %u",
		         cli_word(peer->facts.name), channels.rx_count);
	else
		snprintf(queues->command, sizeof(queues->command), "ethtool -L %s rx %u",
		         cli_word(veth), peer->tx_queues);
	return true;
}
