// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A veth depends on its other end: its MTU, its queues, whether it polls for XDP frames, and what
 * it leaves to a device that never comes.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/veth.h"
#include "pinning/doctor_interface.h"

static const char *state(int on)
{
	return on < 0 ? strerror(-on) : on ? "on" : "off";
}

/* As load has it. */
static void advise_stub(struct doctor *d, const struct veth_peer *peer)
{
	remedy(d, "%s %s %s, in its network namespace", cli_command("load"),
	       cli_word(peer->facts.name), cli_object("xdp_stub.o"));
}

static void judge_receiving(struct doctor *d, const struct veth_peer *peer)
{
	int redirect = veth_peer_takes_redirect(peer);

	if (veth_peer_takes_tx(peer)) {
		found(d, DOCTOR_OK, "its peer has a native program: XDP_TX and redirect arrive");
	} else if (redirect == 1) {
		found(d, DOCTOR_INFO,
		      "its peer has GRO but no native program: what is redirected here arrives, "
		      "what XDP_TX sends back does not");
		advise_stub(d, peer);
	} else if (!redirect) {
		found(d, DOCTOR_WARNING,
		      "its peer drops what XDP_TX or redirect send: it has neither a native "
		      "program nor GRO");
		if (peer->gro_helps)
			remedy(d, "ethtool -K %s gro on", cli_word(peer->facts.name));
		else
			advise_stub(d, peer);
	} else {
		found(d, DOCTOR_INFO, "cannot tell whether its peer takes XDP frames");
	}
	evidence(d, "peer %s: native program %u, GRO %s", peer->facts.name, peer->native_prog,
	         state(peer->gro));
}

/* In the mode in which a program runs, else in native mode, which load takes. */
static void judge_sending(struct doctor *d, const struct veth_peer *peer)
{
	bool skb = doctor_runs_in_skb_mode(d);
	int on = skb ? peer->tx_segments : peer->tx_checksum;

	switch (veth_peer_loss(peer, !skb)) {
	case VETH_LOSES_CHECKSUMS:
		found(d, DOCTOR_WARNING,
		      "TCP and UDP from its peer have wrong checksums where native XDP redirects "
		      "them, and are dropped");
		remedy(d, "ethtool -K %s tx off", cli_word(peer->facts.name));
		break;
	case VETH_LOSES_SEGMENTS:
		found(d, DOCTOR_WARNING,
		      "TCP from its peer stalls where generic XDP redirects it, which drops frames "
		      "above the MTU");
		remedy(d, "ethtool -K %s tx off", cli_word(peer->facts.name));
		break;
	case VETH_LOSES_NOTHING:
		if (on < 0)
			found(d, DOCTOR_INFO,
			      "cannot tell whether what its peer sends can be redirected by XDP");
		else
			found(d, DOCTOR_OK, "what its peer sends can be redirected by %s XDP",
			      skb ? "generic" : "native");
		break;
	}
	evidence(d, "peer %s: tx-checksumming %s, tcp-segmentation-offload %s", peer->facts.name,
	         state(peer->tx_checksum), state(peer->tx_segments));
}

static void judge_queues(struct doctor *d, const struct veth_peer *peer)
{
	struct veth_queues queues;

	if (!veth_lacks_queues(d->iface.name, peer, &queues))
		return;
	found(d, DOCTOR_PROBLEM,
	      "native XDP will be refused: it has fewer receive queues than its peer has transmit "
	      "queues");
	evidence(d, "%u against %u of %s", queues.has, peer->tx_queues, peer->facts.name);
	remedy(d, "%s", queues.command);
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
		found(d, DOCTOR_INFO,
		      "what its peer sends by TCP is lost where XDP redirects it, unless "
		      "tx-checksumming is off there");
		return;
	}
	judge_receiving(d, &peer);
	judge_sending(d, &peer);
	judge_queues(d, &peer);
	doctor_judge_mtu(d, &peer.facts);
	close(peer.netns_fd);
}

bool doctor_look_at_veth_vlan(struct doctor *d)
{
	struct link_facts facts;
	struct veth_peer peer;
	int on;

	if (link_facts_get(d->iface.ifindex, &facts) || strcmp(facts.kind, "veth"))
		return false;
	on = veth_peer_get(&facts, &peer);
	if (!on) {
		on = peer.tx_vlan;
		close(peer.netns_fd);
	}
	if (on == 1) {
		found(d, DOCTOR_INFO,
		      "XDP does not see VLAN tags that its peer adds, and what native XDP "
		      "redirects loses them");
		remedy(d, "ethtool -K %s txvlan off", cli_word(peer.facts.name));
	} else if (!on) {
		found(d, DOCTOR_OK,
		      "VLAN tags that its peer adds are in the packet, as XDP wants it");
	} else {
		found(d, DOCTOR_INFO, "cannot tell whether XDP sees VLAN tags that its peer adds");
		evidence(d, "peer ifindex %u: %s", peer.ifindex, strerror(-on));
		return true;
	}
	evidence(d, "tx-vlan-offload of peer %s is %s", peer.facts.name, on ? "on" : "off");
	return true;
}
