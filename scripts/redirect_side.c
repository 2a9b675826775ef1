// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "scripts/config_use.h"
#include "scripts/redirect_side.h"
#include "scripts/xdp_target.h"

void redirect_side_close(struct redirect_side *side)
{
	if (!side->open)
		return;
	redirect_maps_close(&side->maps);
	config_close(&side->config);
	side->open = false;
}

static int open_config(struct config *config, const struct redirect_side *side, bool json,
                       enum config_access access)
{
	struct config_options here = { .json = json };

	return side->gone ? config_open_left(config, &side->from, &here, "redirect", access)
	                  : config_open(config, side->from.name, &here, "redirect", access);
}

int redirect_side_open(struct redirect_side *side, const struct redirect_options *options)
{
	int err = open_config(&side->config, side, options->config.json, CONFIG_WRITE);

	if (err)
		return err;
	err = redirect_maps_open(&side->maps, &side->config, CONFIG_WRITE);
	if (err)
		config_close(&side->config);
	side->open = !err;
	return err;
}

int redirect_side_peek(const struct redirect_side *side, struct redirect_mode *mode, __u32 *port)
{
	struct redirect_maps maps;
	struct config config;
	int err = open_config(&config, side, false, CONFIG_READ);

	if (err)
		return err;
	err = redirect_maps_open(&maps, &config, CONFIG_READ);
	if (!err) {
		err = redirect_maps_get(&maps, mode, port);
		redirect_maps_close(&maps);
	}
	config_close(&config);
	return err;
}

bool redirect_side_find_back(const struct redirect_side *side, struct redirect_side *other,
                             struct redirect_mode *back)
{
	__u32 port;

	*other = (struct redirect_side){};
	return side->now.reverse && !interface_by_index(&other->from, side->now.reverse) &&
	       !redirect_side_peek(other, back, &port) &&
	       (back->reverse == side->from.ifindex || (back->owned && !back->ifindex));
}

int redirect_side_read_flows(struct redirect_side *side)
{
	bool stay = side->now.owned && !redirect_side_is_taken(side);
	size_t len = 0;
	int err;

	if (!side->mode.reverse)
		return 0;
	free(side->flows);
	err = redirect_maps_flows(&side->maps, &side->flows, &side->flows_len);
	for (size_t i = 0; !err && i < side->flows_len; i++)
		if (stay || !side->flows[i].ours)
			side->flows[len++] = side->flows[i];
	side->flows_len = len;
	return err;
}

bool redirect_side_is_taken(const struct redirect_side *side)
{
	return side->now.owned && side->now.ifindex != side->mode.ifindex;
}

/* The stub that this one loaded, and that of the other direction. */
static void note_stubs(struct redirect_side *side)
{
	struct redirect_side other;
	struct redirect_mode back;

	side->stubs_leaving[0] = side->stubs_leaving[1] = 0;
	if (!redirect_side_is_taken(side))
		return;
	side->stubs_leaving[0] = side->now.stub_prog;
	if (redirect_side_find_back(side, &other, &back))
		side->stubs_leaving[1] = back.stub_prog;
}

int redirect_side_check(struct redirect_side *side, const struct redirect_options *options)
{
	__u32 port;
	int err = redirect_side_open(side, options);

	if (err)
		return err;
	err = redirect_maps_get(&side->maps, &side->now, &port);
	if (!err && ((!side->now.owned && (port || side->now.ifindex)) ||
	             (port && port != side->now.ifindex)))
		err = rejected(-EBUSY, "cannot redirect %s: somebody else set its %s",
		               side->from.name, port ? REDIRECT_PORT_MAP : REDIRECT_MODE_MAP);
	if (!err)
		err = redirect_maps_check(&side->maps, side->pairs, side->len);
	if (!err)
		err = redirect_side_read_flows(side);
	redirect_side_close(side);
	if (!err)
		note_stubs(side);
	return err;
}

static bool is_leaving(const struct redirect_need *need, __u32 prog)
{
	for (int i = 0; prog && i < need->len; i++)
		if (need->sides[i].stubs_leaving[0] == prog ||
		    need->sides[i].stubs_leaving[1] == prog)
			return true;
	return false;
}

/*
 * That there will be a stub is noted before: who is killed then has it taken off by the next. In
 * the record of a redirect to another interface there is no room for that.
 */
static int note_stub(struct redirect_side *side, const struct redirect_options *options)
{
	int err;

	if (redirect_side_is_taken(side))
		return 0;
	err = redirect_side_open(side, options);
	if (err)
		return err;
	err = redirect_maps_stub_comes(&side->maps, side->to.ifindex);
	side->stub_comes |= !err;
	redirect_side_close(side);
	return err;
}

static int put_stub(struct redirect_side *side, const struct veth_peer *peer, bool load,
                    const struct redirect_options *options)
{
	const char *from = side->from.name, *to = side->to.name;
	bool stub = options->with_stub && !peer->skb_prog;

	if (stub && !load)
		return 0;
	if (stub) {
		int err = note_stub(side, options);

		side->mode.stub_port = side->to.ifindex;
		return err ? err : stub_load(&side->to, peer, &side->mode.stub_prog);
	}
	rejected(-ENETUNREACH,
	         "cannot redirect %s to %s: its other end, %s, would drop the frames: it has "
	         "neither a native XDP program nor GRO",
	         from, to, peer->facts.name);
	if (peer->skb_prog)
		stub_hint_taken(peer);
	else if (options->again)
		hint("put a program there that lets all pass: %s", options->again);
	if (peer->gro_helps)
		hint("or, in the network namespace of %s: ethtool -K %s gro on", peer->facts.name,
		     cli_word(peer->facts.name));
	return -ENETUNREACH;
}

/* A stub that is asked for may be needed, or be there, or have somebody's program in its place. */
static int take_hidden(struct redirect_side *side, int why, const struct redirect_options *options)
{
	side->hidden = why;
	if (!options->with_stub)
		return 0;
	failed(why, "cannot redirect %s to %s: cannot look at its other end, which may need a stub",
	       side->from.name, side->to.name);
	if (why == -EPERM)
		access_hint("CAP_SYS_ADMIN");
	return why;
}

int redirect_side_check_target(struct redirect_side *side, const struct redirect_need *need,
                               const struct redirect_options *options)
{
	const char *from = side->from.name, *to = side->to.name;
	struct veth_peer peer;
	int err = 0;

	switch (xdp_target_judge(&side->to, xdp_is_native(&side->from), &peer)) {
	case XDP_TARGET_DOWN:
		err = failed(-ENETDOWN, "cannot redirect %s to %s", from, to);
		hint("ip link set dev %s up", cli_word(to));
		break;
	case XDP_TARGET_DRIVER:
		err = rejected(-EOPNOTSUPP,
		               "cannot redirect %s to %s: its driver takes no frames of XDP", from,
		               to);
		hint("run the program in generic mode: %s --mode skb %s redirect",
		     cli_command("load"), cli_word(from));
		break;
	case XDP_TARGET_PEER: err = put_stub(side, &peer, need->load, options); break;
	case XDP_TARGET_HIDDEN: err = take_hidden(side, peer.gro, options); break;
	case XDP_TARGET_UNKNOWN: detail("cannot tell whether %s takes frames of XDP", to); break;
	case XDP_TARGET_TAKES:
		/* It must do so without what is there for now; with it, there is time. */
		if (is_leaving(need, peer.native_prog) && peer.gro != 1)
			err = put_stub(side, &peer, false, options);
		break;
	}
	if (peer.netns_fd >= 0)
		close(peer.netns_fd);
	return err;
}

bool redirect_side_arrives(const struct redirect_side *side)
{
	struct veth_peer peer;
	enum xdp_target target = xdp_target_judge(&side->to, xdp_is_native(&side->from), &peer);

	if (peer.netns_fd >= 0)
		close(peer.netns_fd);
	return target == XDP_TARGET_TAKES || target == XDP_TARGET_HIDDEN ||
	       target == XDP_TARGET_UNKNOWN;
}

/* tc sends as the stack does. */
void redirect_side_tell_loss(const struct redirect_side *side)
{
	enum veth_loss loss;
	struct veth_peer peer;

	if (side->hidden) {
		note("cannot tell whether %s takes the frames of %s: cannot look at its other end: "
		     "%s",
		     side->to.name, side->from.name, strerror(-side->hidden));
		if (side->hidden == -EPERM)
			access_hint("CAP_SYS_ADMIN");
	}
	if (side->maps.tc_only || config_use_is_stale(&side->config))
		return;
	loss = xdp_source_judge(&side->from, &peer);
	veth_peer_tell_loss(&peer, side->from.name, loss);
	if (peer.netns_fd >= 0)
		close(peer.netns_fd);
}
