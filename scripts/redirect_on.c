// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include "bpffs/log.h"
#include "scripts/redirect_off.h"
#include "scripts/redirect_on.h"
#include "scripts/redirect_pairs.h"
#include "scripts/xdp_target.h"

/* So often another one may be quicker. */
#define ATTEMPTS 20

/* With both ways, what is set already leaves each of the flows its way back. */
static int check_ways(const struct redirect_side sides[2], int len)
{
	return len == 2 ? redirect_pairs_check_ways(&sides[0], &sides[1]) : 0;
}

/* Before anything is changed that works: nothing is against it. */
static int check_all(struct redirect_side sides[2], int len, const struct redirect_options *options)
{
	struct redirect_need need = { .sides = sides, .len = len };
	int err = 0;

	for (int i = 0; !err && i < len; i++)
		err = redirect_side_check(&sides[i], options);
	if (!err)
		err = check_ways(sides, len);
	for (int i = 0; !err && i < len; i++)
		err = redirect_side_check_target(&sides[i], &need, options);
	need.load = true;
	for (int i = 0; !err && i < len; i++)
		err = redirect_side_check_target(&sides[i], &need, options);
	return err;
}

/* This call sets it up anew. */
static bool is_wanted(const struct redirect_side sides[2], int len, const struct interface *from,
                      const struct interface *to)
{
	for (int i = 0; i < len; i++)
		if (sides[i].from.ifindex == from->ifindex && sides[i].to.ifindex == to->ifindex)
			return true;
	return false;
}

/* Switch off what leads to another interface, and say so of the direction that goes with it. */
static int end_old(const struct redirect_side sides[2], int len, int i,
                   const struct redirect_options *options)
{
	const struct redirect_side *side = &sides[i];
	struct redirect_side old = { .from = side->from };
	struct redirect_side other;
	struct redirect_mode back;
	bool was_on = redirect_side_find_back(side, &other, &back) && back.ifindex;

	if (redirect_turn_off(&old, options))
		return -EBUSY;
	if (was_on && !is_wanted(sides, len, &other.from, &side->from))
		note("%s -> %s is off now: %s leads to %s", other.from.name, side->from.name,
		     side->from.name, side->to.name);
	return 0;
}

/* What this tool set up to another interface goes, and its stubs; others may be needed then. */
static int make_room(struct redirect_side sides[2], int len, const struct redirect_options *options)
{
	struct redirect_need need = { .load = true };
	int err = 0;

	for (int i = 0; !err && i < len; i++)
		if (redirect_side_is_taken(&sides[i]))
			err = end_old(sides, len, i, options);
	for (int i = 0; !err && i < len; i++)
		err = redirect_side_check_target(&sides[i], &need, options);
	return err;
}

/* Both locks in the order of the ifindex: two tools never wait for each other. */
static int open_all(struct redirect_side sides[2], int len, const struct redirect_options *options)
{
	int first = len == 2 && sides[1].from.ifindex < sides[0].from.ifindex;
	int err = redirect_side_open(&sides[first], options);

	return err || len == 1 ? err : redirect_side_open(&sides[!first], options);
}

static void close_all(struct redirect_side sides[2], int len)
{
	for (int i = 0; i < len; i++)
		redirect_side_close(&sides[i]);
}

/* With the lock: somebody may have been quicker. Returns 0, -EAGAIN or another negative errno. */
static int look_again(struct redirect_side *side)
{
	__u32 port;
	int err = redirect_maps_get(&side->maps, &side->now, &port);

	if (err)
		return err;
	/* What it noted of its own stub is no other's. */
	if (side->stub_comes && side->now.stub_prog == REDIRECT_STUB_COMING && !side->now.ifindex)
		side->now = (struct redirect_mode){};
	if (redirect_side_is_taken(side) || (port && port != side->now.ifindex) ||
	    (!side->now.owned && side->now.ifindex) || !redirect_side_arrives(side))
		return -EAGAIN;
	return redirect_side_read_flows(side);
}

/* What is on already, to the same interface, is added to. */
static void inherit(struct redirect_side *side)
{
	side->was_on = side->now.owned;
	if (!side->mode.stub_prog) {
		side->mode.stub_prog = side->now.stub_prog;
		side->mode.stub_port = side->now.stub_port;
	}
	if (!side->mode.reverse)
		side->mode.reverse = side->now.reverse;
}

/* Take the locks when all is as it has to be. */
static int prepare(struct redirect_side sides[2], int len, const struct redirect_options *options)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		int err = check_all(sides, len, options);

		if (!err)
			err = make_room(sides, len, options);
		if (!err)
			err = open_all(sides, len, options);
		for (int i = 0; !err && i < len; i++)
			err = look_again(&sides[i]);
		if (!err)
			err = check_ways(sides, len);
		if (err != -EAGAIN)
			return err;
		close_all(sides, len);
	}
	return rejected(-EBUSY, "cannot redirect %s: others change it all the time",
	                sides[0].from.name);
}

/* What was noted of a stub that is there now, or not, or gone again. */
static void end_note(struct redirect_side *side, const struct redirect_options *options, __u32 prog)
{
	if (side->stub_comes && !redirect_side_open(side, options)) {
		redirect_maps_stub_came(&side->maps, prog);
		redirect_side_close(side);
	}
}

/* As far as it was not on before. */
static void undo(struct redirect_side sides[2], int len, const struct redirect_options *options)
{
	for (int i = 0; i < len; i++) {
		if (sides[i].touched && sides[i].was_on) {
			redirect_maps_note(&sides[i].maps, &sides[i].now);
		} else if (sides[i].touched) {
			redirect_maps_switch_off(&sides[i].maps);
			redirect_maps_forget(&sides[i].maps);
		}
		redirect_side_close(&sides[i]);
		if (sides[i].mode.stub_prog && !sides[i].was_on)
			stub_unload(&sides[i].to, sides[i].mode.stub_prog);
		end_note(&sides[i], options, sides[i].was_on ? sides[i].mode.stub_prog : 0);
	}
}

/*
 * Who is killed before the switch leaves this, by which off, on either side, finds the flows. What
 * was on is not to go with what was begun only: nothing leads from that to it.
 */
static int note_begin(struct redirect_side *side, const struct redirect_side *other)
{
	struct redirect_mode note = side->mode;
	int err = 0;

	note.ifindex = side->was_on ? side->now.ifindex : 0;
	note.plain = side->was_on ? side->now.plain : 0;
	if (!side->was_on && other && other->was_on)
		note.reverse = 0;
	if (!side->was_on)
		err = redirect_maps_remove(&side->maps);
	side->touched = true;
	return err ? err : redirect_maps_note(&side->maps, &note);
}

/* A flow that gets another destination: that one's way back is none any more. */
static int remove_old_ways(const struct redirect_side *there, const struct redirect_side *back)
{
	const struct redirect_pair *way;
	int err = 0;

	for (size_t i = 0; !err && i < back->flows_len; i++) {
		way = &back->flows[i].pair;
		if (back->flows[i].ours && there->now.reverse == back->from.ifindex &&
		    redirect_pairs_is_old_way(there, back, way))
			err = redirect_maps_remove_one(&back->maps, &way->source);
	}
	return err;
}

int redirect_turn_on(struct redirect_side sides[2], int len, const struct redirect_options *options)
{
	int err = prepare(sides, len, options);

	for (int i = 0; !err && i < len; i++)
		inherit(&sides[i]);
	for (int i = 0; !err && i < len; i++)
		err = note_begin(&sides[i], len == 2 ? &sides[!i] : NULL);
	/* By the flows there, a call after a kill finds again which ways back are old: they are
	 * last. */
	for (int i = len - 1; !err && i >= 0; i--) {
		if (len == 2 && i == 0)
			err = remove_old_ways(&sides[0], &sides[1]);
		if (!err)
			err = redirect_maps_add(&sides[i].maps, sides[i].pairs, sides[i].len);
	}
	for (int i = 0; !err && i < len; i++)
		err = redirect_maps_switch_on(&sides[i].maps, &sides[i].mode);
	if (err)
		undo(sides, len, options);
	for (int i = 0; !err && i < len; i++)
		redirect_side_tell_loss(&sides[i]);
	close_all(sides, len);
	return err;
}
