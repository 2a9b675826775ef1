// SPDX-License-Identifier: GPL-2.0-or-later
/* A program is on that sends packets by XDP: on a veth they may be lost, and nobody is told. */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/veth.h"
#include "pinning/load_internal.h"
#include "pinning/object_maps.h"

/* No instruction tells for certain that a program returns XDP_TX; of ours these do. */
static const char *const answering[] = { "xdp_echo" };

static bool sends_back(const struct bpf_program *prog)
{
	for (size_t i = 0; i < sizeof(answering) / sizeof(answering[0]); i++)
		if (!strcmp(bpf_program__name(prog), answering[i]))
			return true;
	return false;
}

static bool calls(const struct bpf_program *prog, __s32 helper)
{
	const struct bpf_insn *insns = bpf_program__insns(prog);

	for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) && !insns[i].src_reg &&
		    insns[i].imm == helper)
			return true;
	return false;
}

static bool redirects(const struct bpf_program *prog)
{
	return calls(prog, BPF_FUNC_redirect) || calls(prog, BPF_FUNC_redirect_map);
}

static bool has_devmap(const struct bpf_object *object)
{
	const struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		if (object_map_counts(map) && (bpf_map__type(map) == BPF_MAP_TYPE_DEVMAP ||
		                               bpf_map__type(map) == BPF_MAP_TYPE_DEVMAP_HASH))
			return true;
	}
	return false;
}

/*
 * Frames above the MTU go out of an interface: not to another CPU or a socket, and the program asks
 * nobody what the MTU is.
 */
static bool sends_too_long(const struct object *object)
{
	const struct bpf_program *prog = object->prog;

	return (calls(prog, BPF_FUNC_redirect) || has_devmap(object->obj)) &&
	       !calls(prog, BPF_FUNC_fib_lookup) && !calls(prog, BPF_FUNC_check_mtu);
}

static void hint_stub(const struct veth_peer *peer)
{
	hint("put a program there that lets all pass, in the network namespace of %s: %s %s %s",
	     peer->facts.name, cli_command("load"), cli_word(peer->facts.name),
	     cli_object("xdp_stub.o"));
}

/* What goes to the other end. */
static void tell_drops(const struct loading *l, const struct veth_peer *peer)
{
	const struct bpf_program *prog = l->object->prog;
	bool back = sends_back(prog);

	if (back && !veth_peer_takes_tx(peer)) {
		note("what %s sends back (XDP_TX) is dropped by %s, the other end of %s: it has no "
		     "native XDP program",
		     bpf_program__name(prog), peer->facts.name, l->iface->name);
		hint_stub(peer);
	} else if (!back && !veth_peer_takes_redirect(peer)) {
		note("frames that are redirected to %s are dropped by %s, its other end: it has "
		     "neither a native XDP program nor GRO",
		     l->iface->name, peer->facts.name);
		hint_stub(peer);
		if (peer->gro_helps)
			hint("or: ethtool -K %s gro on", cli_word(peer->facts.name));
	}
}

void load_tell_drops(const struct loading *l)
{
	const struct attachment *how = &l->report->how;
	bool native = how->mode == XDP_MODE_NATIVE, redirecting = redirects(l->object->prog);
	struct link_facts facts;
	struct veth_peer peer;

	if (how->by != ATTACH_XDP || !(native || how->mode == XDP_MODE_SKB) ||
	    !(redirecting || sends_back(l->object->prog)))
		return;
	if (link_facts_get(l->iface->ifindex, &facts) || veth_peer_get(&facts, &peer))
		return;
	if (native)
		tell_drops(l, &peer);
	if (redirecting && (native || sends_too_long(l->object)))
		veth_peer_tell_loss(&peer, l->iface->name, veth_peer_loss(&peer, native));
	close(peer.netns_fd);
}
