// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * On: everything is looked up and checked first, the flows are written next, and the switch comes
 * last. Off: the switch comes first. So whoever is killed leaves it off or on. What is switched
 * off and still has a record is an off that is under way, or was killed: on ends it first.
 */
#include <errno.h>
#include <stdlib.h>
#include "bpffs/log.h"
#include "scripts/redirect_gone.h"
#include "scripts/redirect_off.h"
#include "scripts/redirect_on.h"
#include "scripts/redirect_pairs.h"
#include "scripts/redirect_turn.h"

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

	here.config.netns = NULL;
	if (err || redirect_turn_take()) {
		status = err == -EINVAL ? EXIT_USAGE : EXIT_KERNEL;
		return sides[0].from.ifindex ? tell(sides[0].from.name, &here, "on", status)
		                             : status;
	}
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
	if (!err && !redirect_turn_on(sides, options->both ? 2 : 1, &here))
		status = here.config.json ? EXIT_SUCCESS : redirect_show(sides[0].from.name, &here);
	for (int i = 0; i < 2; i++) {
		free(sides[i].pairs);
		free(sides[i].flows);
	}
	return tell(sides[0].from.name, &here, "on", status);
}

/* An interface that is gone can be switched off by the name that it had. */
static int find_to_end(struct redirect_side *side, const char *from, const char *netns)
{
	struct redirect_gone gone;
	int err = netns ? netns_enter(netns) : 0;

	if (err)
		return err;
	err = interface_by_name(&side->from, from);
	if (err == -ENODEV)
		err = redirect_gone_find(&gone, from, 0);
	else
		err = -ENOENT;
	if (err)
		return err == -ENOENT ? interface_find(&side->from, from, NULL) : err;
	side->from = gone.was;
	side->gone = true;
	if (!gone.lives)
		return 0;
	rejected(-ENODEV, "cannot switch off %s: no interface is called so here any more", from);
	redirect_gone_hint(&gone);
	return -ENODEV;
}

int redirect_off(const char *from, const struct redirect_options *options)
{
	struct redirect_options here = *options;
	struct redirect_side side = {};
	int status;

	if (find_to_end(&side, from, options->config.netns) || redirect_turn_take())
		return EXIT_KERNEL;
	here.left = side.gone ? &side.from : NULL;
	status = redirect_turn_off(&side, options);
	if (!status && side.back_stays)
		status = EXIT_PARTLY;
	return tell(side.from.name, &here, "off", status);
}
