// SPDX-License-Identifier: GPL-2.0-or-later
/* What is not on the interface, and goes on with maps of which the content is carried over. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/live.h"
#include "bpffs/log.h"
#include "bpffs/netns.h"
#include "bpffs/stage.h"
#include "pinning/carry.h"
#include "pinning/carry_mark.h"
#include "pinning/carry_outers.h"
#include "pinning/elsewhere.h"

void carry_note_shared(const struct carried *one, int stage_fd)
{
	struct record rec;

	if (carry_mark_write(one, &rec) || stage_rewrite_carry(stage_fd, one->from_id, &rec))
		detail("map '%s': cannot note that another program goes on with the old one",
		       one->name);
}

/* It is left to them, and stays pinned here: nobody else may have it pinned. */
static void leave_to(struct carried *one, int stage_fd)
{
	one->shared = true;
	if (one->class == MIGRATE_COUNTER)
		note("map '%s': %s goes on with the old one, where all counts up to now stay",
		     one->name, one->sharers);
	else
		note("map '%s': %s goes on with the old one: the new one is a copy", one->name,
		     one->sharers);
	carry_note_shared(one, stage_fd);
}

/* It may be that nobody does: then the next run that can tell brings the rest over. */
static void leave_in_doubt(struct carried *one, int stage_fd)
{
	one->shared = true;
	strcpy(one->sharers, "a program that cannot be told");
	note("map '%s': the old one stays, and open to edits, as a program elsewhere may go on "
	     "with it: %s",
	     one->name,
	     one->class == MIGRATE_COUNTER ? "all counts up to now stay there"
	                                   : "the new one is a copy");
	carry_note_shared(one, stage_fd);
}

static void leave_all_in_doubt(struct carry *carry, int stage_fd)
{
	for (size_t i = 0; i < carry->len; i++)
		if (carry->list[i]->placed && !carry->list[i]->shared)
			leave_in_doubt(carry->list[i], stage_fd);
}

static void look_for_users(struct carry *carry, const struct carry_place *at,
                           struct elsewhere *others, int err)
{
	for (size_t i = 0; i < carry->len; i++) {
		struct carried *one = carry->list[i];

		if (!one->placed || *one->sharers)
			continue;
		if (err && err != -EPERM)
			strcpy(one->sharers, "a program that cannot be told");
		if (*one->sharers || elsewhere_uses(others, one->from_id, one->sharers))
			leave_to(one, at->stage_fd);
		else if (err)
			leave_in_doubt(one, at->stage_fd);
	}
}

/* What an attachment of others on the interface goes on with. */
static void leave_here(struct carry *carry, const struct carry_place *at, const struct live *live)
{
	for (size_t i = 0; i < carry->len; i++) {
		struct carried *one = carry->list[i];
		bool named = *one->sharers;

		/* Ours follow later, which was said. */
		if (!one->placed || (one->shared && !named))
			continue;
		for (size_t k = 0; k < live->maps_len; k++) {
			const struct live_map *map = &live->maps[k];
			char who[sizeof(one->sharers)];

			if (map->info.id != one->from_id)
				continue;
			snprintf(who, sizeof(who), "program %u on %s of %s",
			         live->progs[map->prog].id, hook_name(map->hook), at->iface->name);
			if (named && one->named[map->hook] == live->progs[map->prog].id)
				continue;
			if (named) {
				note("map '%s': %s goes on with the old one as well", one->name,
				     who);
				continue;
			}
			strcpy(one->sharers, who);
			leave_to(one, at->stage_fd);
			named = true;
		}
	}
}

/* What is on the interface, asked in its own network namespace. */
struct look {
	const struct interface *iface;
	struct attachments now;
};

static int look_inside(void *arg)
{
	struct look *look = arg;
	struct interface now;
	int err = interface_by_index(&now, look->iface->ifindex);

	/* It has gone meanwhile, with all that was on it. */
	if (err == -ENODEV)
		return 0;
	return err ? err : attachments_query(&look->now, look->iface);
}

/* The old program may be on another hook of the interface, put there from its pin: it is not ours
 * there, and nothing that is published says so. */
static int look_here(struct carry *carry, const struct carry_place *at)
{
	struct look look = { .iface = at->iface };
	struct live live;
	/* A directory that moved with the interface is finished from where it was. */
	int err = netns_visit_id(&at->iface->netns, look_inside, &look);

	if (err)
		return err;
	err = live_query(&live, &look.now);
	if (!err)
		leave_here(carry, at, &live);
	live_free(&live);
	attachments_free(&look.now);
	return err;
}

void carry_look_elsewhere(struct carry *carry, const struct carry_place *at)
{
	struct elsewhere others;
	size_t placed = 0;
	int err;

	for (size_t i = 0; i < carry->len; i++)
		placed += carry->list[i]->placed;
	if (!placed)
		return;
	err = elsewhere_look(&others, at->iface);
	/* Once more: with what cannot be told, counts would be left behind. */
	if (err) {
		elsewhere_free(&others);
		err = elsewhere_look(&others, at->iface);
	}
	if (err == -EPERM) {
		note("it takes CAP_SYS_ADMIN to tell whether programs elsewhere use the old maps");
		if (gc_uses_add_pinned(&others.uses, at->dir))
			err = -ENOMEM;
	}
	if (err && err != -EPERM)
		failed(err, "cannot tell who else uses the old maps of %s", at->iface->name);
	look_for_users(carry, at, &others, err);
	/* Here as well, what cannot be told is asked twice. */
	if (look_here(carry, at) && look_here(carry, at))
		leave_all_in_doubt(carry, at->stage_fd);
	carry_look_at_prepared(carry, at);
	carry_exchange_in_outers(carry, at, &others);
	elsewhere_free(&others);
}
