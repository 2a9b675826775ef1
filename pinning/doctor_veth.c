// SPDX-License-Identifier: GPL-2.0-or-later
/* A veth depends on its other end: its MTU, its queues, and whether it polls for XDP frames. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/ethtool.h"
#include "bpffs/veth.h"
#include "pinning/doctor_interface.h"

static void judge_receiving(struct doctor *d, const struct veth_peer *peer)
{
	int redirect = veth_peer_takes_redirect(peer);

	if (veth_peer_takes_tx(peer)) {
		found(d, DOCTOR_OK, "its peer has a native program: XDP_TX and redirect arrive");
	} else if (redirect == 1) {
		found(d, DOCTOR_INFO,
		      "its peer has GRO but no native program: what is redirected here arrives, "
		      "what XDP_TX sends back does not");
		remedy(d, "ip link set dev %s xdpdrv obj objects/xdp_pass.o sec xdp",
		       peer->facts.name);
	} else if (!redirect) {
		found(d, DOCTOR_WARNING,
		      "its peer drops what XDP_TX or redirect send: it has neither a native "
		      "program nor GRO");
		remedy(d, "ethtool -K %s gro on", peer->facts.name);
	} else {
		found(d, DOCTOR_INFO, "cannot tell whether its peer takes XDP frames");
	}
	evidence(d, "peer %s: native program %u, GRO %s", peer->facts.name, peer->native_prog,
	         peer->gro < 0 ? strerror(-peer->gro)
	         : peer->gro   ? "on"
	                       : "off");
}

static void judge_queues(struct doctor *d, const struct veth_peer *peer)
{
	struct ethtool_channels channels;

	if (!peer->tx_queues || ethtool_channels(d->iface.name, &channels) ||
	    channels.rx_count >= peer->tx_queues)
		return;
	found(d, DOCTOR_PROBLEM,
	      "native XDP will be refused: it has fewer receive queues than its peer has transmit "
	      "queues");
	evidence(d, "%u against %u of %s", channels.rx_count, peer->tx_queues, peer->facts.name);
	if (channels.max_rx >= peer->tx_queues)
		remedy(d, "ethtool -L %s rx %u", d->iface.name, peer->tx_queues);
	else
		remedy(d, "ethtool -L %s tx %u", peer->facts.name, channels.rx_count);
}

void doctor_look_at_veth(struct doctor *d)
{
	struct link_facts facts;
	struct veth_peer peer;
	int err;

	if (link_facts_get(d->iface.ifindex, &facts) || strcmp(facts.kind, "veth"))
		return;
	err = veth_peer_get(&facts, &peer);
	if (err) {
		found(d, DOCTOR_INFO,
		      "cannot see its peer: without a native program or GRO there, XDP_TX and "
		      "redirect are dropped");
		evidence(d, "peer ifindex %u in %s: %s", peer.ifindex,
		         facts.has_nsid ? "another network namespace" : "this network namespace",
		         strerror(-err));
		return;
	}
	judge_receiving(d, &peer);
	judge_queues(d, &peer);
	doctor_judge_mtu(d, &peer.facts);
	close(peer.netns_fd);
}
