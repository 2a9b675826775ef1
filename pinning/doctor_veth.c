// SPDX-License-Identifier: GPL-2.0-or-later
/* A veth depends on its other end: its MTU, its queues, and whether it polls for XDP frames. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "pinning/doctor_ethtool.h"
#include "pinning/doctor_interface.h"

struct peer {
	__u32 ifindex;
	struct link_facts facts;
	int gro; /* 1, 0 or a negative errno */
	__u32 native_prog;
	unsigned int tx_queues; /* 0 if unknown */
};

/* Runs in the peer's network namespace. */
static int look_at_peer(void *arg)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	struct ethtool_channels channels;
	struct peer *peer = arg;
	int err = link_facts_get(peer->ifindex, &peer->facts);

	if (err)
		return err;
	peer->gro = ethtool_feature(peer->facts.name, "rx-gro");
	if (!bpf_xdp_query((int)peer->ifindex, 0, &opts))
		peer->native_prog = opts.drv_prog_id;
	if (!ethtool_channels(peer->facts.name, &channels))
		peer->tx_queues = channels.tx_count;
	return 0;
}

static void judge_receiving(struct doctor *d, const struct peer *peer)
{
	if (peer->native_prog) {
		found(d, DOCTOR_OK, "its peer has a native program: XDP_TX and redirect arrive");
	} else if (peer->gro == 1) {
		found(d, DOCTOR_INFO,
		      "its peer has GRO but no native program: what is redirected here arrives, "
		      "what XDP_TX sends back does not");
		remedy(d, "ip link set dev %s xdpdrv obj objects/xdp_pass.o sec xdp",
		       peer->facts.name);
	} else if (!peer->gro) {
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

static void judge_queues(struct doctor *d, const struct peer *peer)
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
	struct peer peer = {};
	int err;

	if (link_facts_get(d->iface.ifindex, &facts) || strcmp(facts.kind, "veth"))
		return;
	peer.ifindex = facts.lower;
	err = link_visit_peer(&facts, look_at_peer, &peer);
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
}
