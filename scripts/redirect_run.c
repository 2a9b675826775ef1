// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * On: everything is looked up and checked first, the flows are written next, and the switch comes
 * last. Off: the switch comes first. So whoever is killed leaves it off or on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "scripts/config_use.h"
#include "scripts/redirect_pairs.h"
#include "scripts/redirect_run.h"
#include "scripts/xdp_target.h"

/* One direction. */
struct side {
	struct interface from, to;
	struct redirect_pair *pairs;
	size_t len;
	struct redirect_mode mode; /* as it shall be */
	bool was_on;
	struct config config;
	struct redirect_maps maps;
	bool open;
};

static void side_close(struct side *side)
{
	if (!side->open)
		return;
	redirect_maps_close(&side->maps);
	config_close(&side->config);
	side->open = false;
}

/* Take the lock of its interface, and open its maps. */
static int side_open(struct side *side, const struct redirect_options *options)
{
	struct config_options here = { .json = options->config.json };
	int err = config_open(&side->config, side->from.name, &here, "redirect", CONFIG_WRITE);

	if (err)
		return err;
	err = redirect_maps_open(&side->maps, &side->config, CONFIG_WRITE);
	if (err)
		config_close(&side->config);
	side->open = !err;
	return err;
}

static int find_interfaces(struct side *side, const char *from, const char *to, const char *netns)
{
	int err = interface_find(&side->from, from, netns);

	if (err)
		return err;
	err = interface_find(&side->to, to, NULL);
	if (err == -ENODEV)
		hint("it has to be in the network namespace of %s", side->from.name);
	if (!err && side->from.ifindex == side->to.ifindex)
		err = rejected(-EINVAL, "cannot redirect %s to itself", side->from.name);
	return err;
}

/* --- checks, before anything is written */

static int put_stub(struct side *side, struct veth_peer *peer,
                    const struct redirect_options *options)
{
	const char *from = side->from.name, *to = side->to.name;

	if (options->with_stub)
		return stub_load(&side->to, peer, &side->mode.stub_prog);
	rejected(-ENETUNREACH,
	         "cannot redirect %s to %s: its other end, %s, would drop the frames: it has "
	         "neither "
	         "a native XDP program nor GRO",
	         from, to, peer->facts.name);
	hint("put a program there that lets all pass: %s --with-stub %s %s",
	     cli_command("redirect"), cli_word(from), cli_word(to));
	if (peer->gro_helps)
		hint("or: ethtool -K %s gro on", cli_word(peer->facts.name));
	return -ENETUNREACH;
}

static int check_target(struct side *side, const struct redirect_options *options)
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
	case XDP_TARGET_PEER: err = put_stub(side, &peer, options); break;
	case XDP_TARGET_UNKNOWN: detail("cannot tell whether %s takes frames of XDP", to); break;
	case XDP_TARGET_TAKES: break;
	}
	if (peer.netns_fd >= 0)
		close(peer.netns_fd);
	return err;
}

/* What comes from the other end of a veth may be fit for the stack only. tc sends it as that does.
 */
static void tell_loss(const struct side *side)
{
	enum veth_loss loss;
	struct veth_peer peer;

	if (side->maps.port_fd < 0 || config_use_is_stale(&side->config))
		return;
	loss = xdp_source_judge(&side->from, &peer);
	veth_peer_tell_loss(&peer, side->from.name, loss);
	if (peer.netns_fd >= 0)
		close(peer.netns_fd);
}

/* What is set on the interface now. Needs its maps; takes no lock. */
static int get_mode(const struct interface *from, struct redirect_mode *mode, __u32 *port)
{
	struct config_options here = {};
	struct redirect_maps maps;
	struct config config;
	int err = config_open(&config, from->name, &here, "redirect", CONFIG_READ);

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

/* What this tool set up to another interface goes first. */
static int make_room(const struct side *side, const struct redirect_options *options)
{
	struct redirect_options here = *options;
	struct redirect_mode mode;
	__u32 port;
	int err = get_mode(&side->from, &mode, &port);

	if (err)
		return err;
	if (!mode.owned && (port || mode.ifindex)) {
		rejected(-EBUSY, "cannot redirect %s: somebody else set its %s", side->from.name,
		         port ? REDIRECT_PORT_MAP : REDIRECT_MODE_MAP);
		return -EBUSY;
	}
	if (!mode.owned || (mode.ifindex == side->mode.ifindex && mode.plain == side->mode.plain))
		return 0;
	here.config.netns = NULL;
	return redirect_off(side->from.name, &here) ? -EBUSY : 0;
}

/* --- on */

/* Both locks in the order of the ifindex: two tools never wait for each other. */
static int open_all(struct side sides[2], int len, const struct redirect_options *options)
{
	int first = len == 2 && sides[1].from.ifindex < sides[0].from.ifindex;
	int err = side_open(&sides[first], options);

	return err || len == 1 ? err : side_open(&sides[!first], options);
}

/* With the lock: somebody may have been quicker. */
static int add_flows(struct side *side)
{
	struct redirect_mode now;
	__u32 port;
	int err = redirect_maps_get(&side->maps, &now, &port);

	if (err)
		return err;
	if ((port && port != side->mode.ifindex) ||
	    (now.ifindex && now.ifindex != side->mode.ifindex))
		return rejected(-EBUSY, "cannot redirect %s: it was redirected meanwhile",
		                side->from.name);
	side->was_on = now.owned && now.ifindex;
	if (!side->mode.stub_prog)
		side->mode.stub_prog = now.stub_prog;
	if (!side->mode.reverse)
		side->mode.reverse = now.reverse;
	return redirect_maps_add(&side->maps, side->pairs, side->len);
}

/* As far as it was not on before. */
static void undo(struct side sides[2], int len)
{
	for (int i = 0; i < len; i++) {
		if (sides[i].open && !sides[i].was_on) {
			redirect_maps_switch_off(&sides[i].maps);
			redirect_maps_forget(&sides[i].maps);
		}
		side_close(&sides[i]);
		if (sides[i].mode.stub_prog && !sides[i].was_on)
			stub_unload(&sides[i].to, sides[i].mode.stub_prog);
	}
}

static int turn_on(struct side sides[2], int len, const struct redirect_options *options)
{
	int err = 0;

	for (int i = 0; !err && i < len; i++)
		err = make_room(&sides[i], options);
	for (int i = 0; !err && i < len; i++)
		err = check_target(&sides[i], options);
	if (!err)
		err = open_all(sides, len, options);
	for (int i = 0; !err && i < len; i++)
		err = add_flows(&sides[i]);
	for (int i = 0; !err && i < len; i++)
		err = redirect_maps_switch_on(&sides[i].maps, &sides[i].mode);
	if (err)
		undo(sides, len);
	for (int i = 0; i < len; i++) {
		if (!err)
			tell_loss(&sides[i]);
		side_close(&sides[i]);
	}
	return err;
}

/* As JSON, an edit is told whatever became of it. What failed was reported already. */
static int tell(const char *from, const struct redirect_options *options, const char *verb,
                int status)
{
	struct redirect_options now = *options;
	int shown;

	if (!options->config.json)
		return status;
	now.config.netns = NULL;
	now.verb = verb;
	now.status = status;
	log_place(NULL, status != EXIT_SUCCESS);
	shown = redirect_show(from, &now);
	log_place(NULL, false);
	return status ? status : shown;
}

int redirect_on(const char *from, const char *to, char **pairs, int len,
                const struct redirect_options *options)
{
	struct redirect_options here = *options;
	struct side sides[2] = {};
	int err = find_interfaces(&sides[0], from, to, options->config.netns), status;

	if (err)
		return err == -EINVAL ? EXIT_USAGE : EXIT_KERNEL;
	here.config.netns = NULL;
	sides[1].from = sides[0].to;
	sides[1].to = sides[0].from;
	for (int i = 0; i < 2; i++) {
		sides[i].mode.ifindex = sides[i].to.ifindex;
		sides[i].mode.plain = options->plain;
		sides[i].mode.owned = 1;
		sides[i].mode.reverse = options->both ? sides[i].to.ifindex : 0;
	}
	err = redirect_pairs_read(&sides[0].from, &sides[0].to, pairs, len, &sides[0].pairs,
	                          &sides[0].len);
	if (!err && options->both) {
		sides[1].len = sides[0].len;
		err = redirect_pairs_reverse(sides[0].pairs, sides[0].len, &sides[1].pairs);
	}
	/* What cannot be read as flows was typed wrong. */
	status = err == -EINVAL ? EXIT_USAGE : EXIT_KERNEL;
	if (!err && !turn_on(sides, options->both ? 2 : 1, &here))
		status = here.config.json ? EXIT_SUCCESS : redirect_show(sides[0].from.name, &here);
	free(sides[0].pairs);
	free(sides[1].pairs);
	return tell(sides[0].from.name, &here, "on", status);
}

/* --- off */

/* Switch off; *mode gets what was set. *is_ours: there was something to switch off. */
static int switch_off(struct side *side, const struct redirect_options *options, bool *is_ours)
{
	__u32 port;
	int err = side_open(side, options);

	if (err)
		return err;
	err = redirect_maps_get(&side->maps, &side->mode, &port);
	*is_ours = !err && side->mode.owned;
	if (*is_ours)
		err = redirect_maps_switch_off(&side->maps);
	else if (!err && (port || side->mode.ifindex))
		note("somebody else redirects %s: that stays", side->from.name);
	side_close(side);
	return err;
}

/* When nothing is switched on any more: the stub, and the record of it. */
static int clean_up(struct side *side, const struct redirect_options *options)
{
	int err = 0;

	if (side->mode.stub_prog && !interface_by_index(&side->to, side->to.ifindex))
		err = stub_unload(&side->to, side->mode.stub_prog);
	if (!err)
		err = side_open(side, options);
	if (!err)
		err = redirect_maps_forget(&side->maps);
	side_close(side);
	return err;
}

static int turn_off(struct side *side, const struct redirect_options *options)
{
	bool is_ours, back_is_ours = false;
	struct side back = {};
	__u32 port;

	if (get_mode(&side->from, &side->mode, &port))
		return EXIT_KERNEL;
	/* The target is forgotten by the switch, and needed for its stub. */
	side->to.ifindex = side->mode.ifindex ? side->mode.ifindex : port;
	if (switch_off(side, options, &is_ours))
		return EXIT_KERNEL;
	if (!is_ours)
		return EXIT_SUCCESS;
	if (side->mode.reverse && !interface_by_index(&back.from, side->mode.reverse) &&
	    !get_mode(&back.from, &back.mode, &port) && back.mode.reverse == side->from.ifindex) {
		back.to.ifindex = side->from.ifindex;
		if (switch_off(&back, options, &back_is_ours))
			return EXIT_PARTLY;
	}
	if (clean_up(side, options) || (back_is_ours && clean_up(&back, options)))
		return EXIT_PARTLY;
	return EXIT_SUCCESS;
}

int redirect_off(const char *from, const struct redirect_options *options)
{
	struct side side = {};

	if (interface_find(&side.from, from, options->config.netns))
		return EXIT_KERNEL;
	return tell(side.from.name, options, "off", turn_off(&side, options));
}
