// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include "bpffs/log.h"
#include "scripts/redirect_all.h"
#include "scripts/redirect_gone.h"
#include "scripts/redirect_off.h"
#include "scripts/xdp_target.h"

/* Switch off, and note what was set. *is_ours: there was something to switch off. */
static int switch_off(struct redirect_side *side, const struct redirect_options *options,
                      bool *is_ours)
{
	__u32 port;
	int err = redirect_side_open(side, options);

	if (err)
		return err;
	err = redirect_maps_get(&side->maps, &side->now, &port);
	*is_ours = !err && side->now.owned;
	if (*is_ours)
		err = redirect_maps_switch_off(&side->maps);
	else if (!err && (port || side->now.ifindex))
		note("somebody else redirects %s: that stays", side->from.name);
	/* Flows of ours that nothing notes, as earlier versions left them when they were killed. */
	if (!err && !*is_ours)
		err = redirect_maps_remove(&side->maps);
	if (!err)
		redirect_maps_tell_others(&side->maps);
	redirect_side_close(side);
	return err;
}

/* Note the stub at one that leads to the same veth, unless somebody else set that up. */
static int hand_over(struct redirect_side *heir, const struct redirect_side *side,
                     const struct redirect_options *options)
{
	struct redirect_mode mode;
	__u32 port;
	int err = redirect_side_open(heir, options);

	if (!err)
		err = redirect_maps_get(&heir->maps, &mode, &port);
	if (!err && mode.owned && mode.ifindex == side->to.ifindex && !mode.stub_prog) {
		mode.stub_prog = side->now.stub_prog;
		mode.stub_port = side->to.ifindex;
		err = redirect_maps_note(&heir->maps, &mode);
	}
	redirect_side_close(heir);
	return err;
}

/* Take the stub off, unless another interface leads there as well and so needs it. */
static int end_stub(const struct redirect_side *side, const struct redirect_options *options)
{
	struct redirect_side heir = {};
	struct redirect_mode mode;
	struct redirect_all all;
	bool needed = false;
	__u32 port;
	int err = redirect_all_find(&all);

	for (size_t i = 0; !err && !needed && i < all.len; i++) {
		needed = all.ifindexes[i] != side->from.ifindex &&
		         !interface_by_index(&heir.from, all.ifindexes[i]) &&
		         !redirect_side_peek(&heir, &mode, &port) &&
		         (mode.ifindex == side->to.ifindex || port == side->to.ifindex);
	}
	redirect_all_free(&all);
	if (err || !needed)
		return err ? err : stub_unload(&side->to, side->now.stub_prog);
	if (*side->to.name)
		note("the stub at the other end of %s stays: %s is redirected there as well",
		     side->to.name, heir.from.name);
	return hand_over(&heir, side, options);
}

/*
 * When nothing is switched on any more: the stub, and the record of it. Meanwhile whoever switches
 * on ends this one first, so with the lock there may be another's record, or none.
 */
static int clean_up(struct redirect_side *side, const struct redirect_options *options)
{
	struct redirect_mode mode;
	__u32 port, veth = side->now.stub_port ? side->now.stub_port : side->now.ifindex;
	int err = 0;

	/* One that is not here may be elsewhere, where its stub is found all the same. */
	if (side->now.stub_prog && interface_by_index(&side->to, veth))
		side->to = (struct interface){ .ifindex = veth };
	if (side->now.stub_prog)
		err = end_stub(side, options);
	if (!err)
		err = redirect_side_open(side, options);
	if (!err)
		err = redirect_maps_get(&side->maps, &mode, &port);
	if (!err && mode.owned && !mode.ifindex)
		err = redirect_maps_forget(&side->maps);
	redirect_side_close(side);
	return err;
}

/*
 * The other direction, also of an interface that is gone. Returns 0, -ENOENT if there is none that
 * can be switched off from here, or another negative errno, reported.
 */
static int find_back(struct redirect_side *side, struct redirect_side *back)
{
	struct redirect_gone gone;
	struct redirect_mode mode;
	__u32 port;
	int err;

	if (redirect_side_find_back(side, back, &mode))
		return 0;
	if (!side->now.reverse)
		return -ENOENT;
	err = redirect_gone_find(&gone, NULL, side->now.reverse);
	if (err)
		return err;
	*back = (struct redirect_side){ .from = gone.was, .gone = true };
	err = redirect_side_peek(back, &mode, &port);
	if (err)
		return err;
	if (!mode.owned || (mode.ifindex && mode.reverse != side->from.ifindex))
		return -ENOENT;
	if (!gone.lives)
		return 0;
	note("%s -> %s stays: %s is elsewhere", gone.was.name, side->from.name, gone.was.name);
	redirect_gone_hint(&gone);
	side->back_stays = true;
	return -ENOENT;
}

int redirect_turn_off(struct redirect_side *side, const struct redirect_options *options)
{
	bool is_ours, back_is_ours = false;
	struct redirect_side back;
	int err;

	if (switch_off(side, options, &is_ours))
		return EXIT_KERNEL;
	if (!is_ours)
		return EXIT_SUCCESS;
	err = find_back(side, &back);
	if (err ? err != -ENOENT : switch_off(&back, options, &back_is_ours))
		return EXIT_PARTLY;
	/* The record here leads to the other one, and goes last. */
	if ((back_is_ours && clean_up(&back, options)) || clean_up(side, options))
		return EXIT_PARTLY;
	return EXIT_SUCCESS;
}
