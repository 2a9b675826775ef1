// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * On: everything is looked up and checked first, the flows are written next, and the switch comes
 * last. Off: the switch comes first. So whoever is killed leaves it off or on. What is switched
 * off and still has a record is an off that is under way, or was killed: on ends it first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "scripts/redirect_pairs.h"
#include "scripts/redirect_side.h"
#include "scripts/xdp_target.h"

/* So often another one may be quicker. */
#define ATTEMPTS 20

static int find_interfaces(struct redirect_side *side, const char *from, const char *to,
                           const char *netns)
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

/* --- on */

static int turn_off(struct redirect_side *side, const struct redirect_options *options);

/* Before anything is changed that works: nothing is against it. */
static int check_all(struct redirect_side sides[2], int len, const struct redirect_options *options)
{
	struct redirect_need need = { .sides = sides, .len = len };
	int err = 0;

	for (int i = 0; !err && i < len; i++)
		err = redirect_side_check(&sides[i], options);
	for (int i = 0; !err && i < len; i++)
		err = redirect_side_check_target(&sides[i], &need, options);
	need.load = true;
	for (int i = 0; !err && i < len; i++)
		err = redirect_side_check_target(&sides[i], &need, options);
	return err;
}

/* What this tool set up to another interface goes, and its stubs; others may be needed then. */
static int make_room(struct redirect_side sides[2], int len, const struct redirect_options *options)
{
	struct redirect_need need = { .load = true };
	int err = 0;

	for (int i = 0; !err && i < len; i++) {
		struct redirect_side old = { .from = sides[i].from };

		if (redirect_side_is_taken(&sides[i]) && turn_off(&old, options))
			err = -EBUSY;
	}
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
	return 0;
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
		if (sides[i].touched && !sides[i].was_on) {
			redirect_maps_switch_off(&sides[i].maps);
			redirect_maps_forget(&sides[i].maps);
		}
		redirect_side_close(&sides[i]);
		if (sides[i].mode.stub_prog && !sides[i].was_on)
			stub_unload(&sides[i].to, sides[i].mode.stub_prog);
		end_note(&sides[i], options, sides[i].was_on ? sides[i].mode.stub_prog : 0);
	}
}

static int turn_on(struct redirect_side sides[2], int len, const struct redirect_options *options)
{
	int err = prepare(sides, len, options);

	for (int i = 0; !err && i < len; i++) {
		inherit(&sides[i]);
		sides[i].touched = true;
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
	struct redirect_side sides[2] = {};
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
	if (!err)
		redirect_maps_tell_others(&side->maps);
	redirect_side_close(side);
	return err;
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

	if (side->now.stub_prog && !interface_by_index(&side->to, veth))
		err = stub_unload(&side->to, side->now.stub_prog);
	if (!err)
		err = redirect_side_open(side, options);
	if (!err)
		err = redirect_maps_get(&side->maps, &mode, &port);
	if (!err && mode.owned && !mode.ifindex)
		err = redirect_maps_forget(&side->maps);
	redirect_side_close(side);
	return err;
}

static int turn_off(struct redirect_side *side, const struct redirect_options *options)
{
	bool is_ours, back_is_ours = false;
	struct redirect_side back = {};
	struct redirect_mode mode;
	__u32 port;

	if (switch_off(side, options, &is_ours))
		return EXIT_KERNEL;
	if (!is_ours)
		return EXIT_SUCCESS;
	if (side->now.reverse && !interface_by_index(&back.from, side->now.reverse) &&
	    !redirect_side_peek(&back.from, &mode, &port) && mode.reverse == side->from.ifindex &&
	    switch_off(&back, options, &back_is_ours))
		return EXIT_PARTLY;
	if (clean_up(side, options) || (back_is_ours && clean_up(&back, options)))
		return EXIT_PARTLY;
	return EXIT_SUCCESS;
}

int redirect_off(const char *from, const struct redirect_options *options)
{
	struct redirect_side side = {};

	if (interface_find(&side.from, from, options->config.netns))
		return EXIT_KERNEL;
	return tell(side.from.name, options, "off", turn_off(&side, options));
}
