// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/link.h"
#include "bpffs/log.h"
#include "bpffs/veth.h"
#include "pinning/attach_native.h"

/* True: the other end of a veth is in the way, and that is said. */
static bool hint_queues(const struct interface *iface)
{
	struct veth_queues queues;
	struct link_facts facts;
	struct veth_peer peer;
	bool lacks;

	if (link_facts_get(iface->ifindex, &facts) || veth_peer_get(&facts, &peer))
		return false;
	lacks = veth_lacks_queues(iface->name, &peer, &queues);
	close(peer.netns_fd);
	if (!lacks)
		return false;
	if (queues.on_peer)
		hint("it has %u receive queue%s, and %s, its other end, %u transmit queues; in the "
		     "network namespace of that: %s",
		     queues.has, queues.has == 1 ? "" : "s", peer.facts.name, peer.tx_queues,
		     queues.command);
	else
		hint("it has %u receive queue%s, and %s, its other end, %u transmit queues: %s",
		     queues.has, queues.has == 1 ? "" : "s", peer.facts.name, peer.tx_queues,
		     queues.command);
	return true;
}

void attach_hint_native(const struct interface *iface)
{
	if (!hint_queues(iface))
		hint("see what is in the way of native XDP there: %s %s", cli_command("doctor"),
		     cli_interface(iface->name));
}
