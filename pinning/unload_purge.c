// SPDX-License-Identifier: GPL-2.0-or-later
/* With a program go maps: which is a matter of what else stays. */
#include <errno.h>
#include "bpffs/access.h"
#include "bpffs/live.h"
#include "bpffs/log.h"
#include "pinning/unload_internal.h"
#include "pinning/unload_pins.h"

/* Nothing of ours is attached after this one, so that nothing uses what earlier programs left. */
static bool leaves_nothing(const struct unloading *u, const struct unloaded *one)
{
	for (const struct unloaded *before = u->report->list; before < one; before++)
		if (!before->done)
			return false;
	return one == &u->report->list[u->report->len - 1];
}

/* What holds for one program holds for all. */
static int cannot_open(struct unloading *u, int err)
{
	u->shut = err == -EPERM;
	return access_programs_refused(err, u->iface->name,
	                               "CAP_SYS_ADMIN: which maps others need must be known");
}

/* Drop what goes of the maps; with stage NULL count them. */
static int drop_maps(struct unloading *u, struct stage *stage, const struct live *going,
                     const struct live *staying, unsigned int *count)
{
	struct purging p = {
		.stage = stage,
		.fs = &u->fs,
		.iface = u->iface,
		.dir = &u->dir,
		.going = going,
		.staying = staying,
		.plan = &u->plan,
		.live = &u->live,
	};
	int err = unload_drop_maps(&p);

	*count = p.count;
	unload_purge_free(&p);
	return err;
}

int unload_purge_all(struct unloading *u, struct stage *stage, unsigned int *count)
{
	struct live staying = {};
	int err = live_query(&staying, &u->attached);

	if (err)
		err = cannot_open(u, err);
	else
		err = drop_maps(u, stage, NULL, &staying, count);
	for (int hook = 0; stage && !err && hook < HOOKS; hook++)
		err = unload_drop_prog(stage, &u->dir, hook, 0);
	live_free(&staying);
	return err;
}

int unload_purge(struct unloading *u, struct stage *stage, struct unloaded *one)
{
	const struct attachments only = { .list = &one->at, .len = 1 };
	struct live going = {}, staying = {};
	struct attachments others;
	int err;

	if (unload_is_everything(u->options) && leaves_nothing(u, one)) {
		err = unload_purge_all(u, stage, &one->purged);
		/* In a dry run those of the programs before are still there. */
		for (const struct unloaded *b = u->report->list; !stage && b < one; b++)
			one->purged -= b->purged;
		return err;
	}
	err = unload_list_staying(&u->dir, &u->attached, &one->at, &others);
	if (err)
		return err;
	err = live_query(&going, &only);
	if (!err)
		err = live_query(&staying, &others);
	attachments_free(&others);
	if (err)
		err = cannot_open(u, err);
	else
		err = drop_maps(u, stage, &going, &staying, &one->purged);
	live_free(&going);
	live_free(&staying);
	return err;
}
