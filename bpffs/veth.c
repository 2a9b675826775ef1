// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/ethtool.h"
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
	if (!bpf_xdp_query((int)peer->ifindex, 0, &opts))
		peer->native_prog = opts.drv_prog_id;
	if (!ethtool_channels(peer->facts.name, &channels))
		peer->tx_queues = channels.tx_count;
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
