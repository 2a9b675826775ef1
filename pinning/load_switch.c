// SPDX-License-Identifier: GPL-2.0-or-later
/* The switch of the program on its hook, and the way back. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/load_internal.h"
#include "pinning/prog_words.h"

/* A link that is made again, while it has no place yet. */
#define RESTORED_LINK "%restored"

/* The new program was refused after the old one had gone: put that one back as it was. */
static int restore_old(struct loading *l, const struct attach_old *old)
{
	struct attach_how how = {
		.hook = old->at->hook,
		.by = old->at->by,
		.mode = old->at->mode,
		.link = old->at->link_id != 0,
		.like = old->at,
	};
	char path[NAME_SIZE];
	int link_fd, err;

	err = attach_new(&l->attaching, &how, old->prog_fd, &link_fd);
	if (!err && link_fd >= 0) {
		snprintf(path, sizeof(path), "%s/%s", DIRECTORY_LINKS, hook_name(how.hook));
		err = pin_create(l->stage.fd, RESTORED_LINK, link_fd);
		if (!err && renameat(l->stage.fd, RESTORED_LINK, l->dir.fd, path))
			err = -errno;
		close(link_fd);
	}
	if (err)
		failed(err, "cannot put program %u back on %s of %s", old->at->prog_id,
		       hook_name(how.hook), l->iface->name);
	else
		note("program %u is back on %s of %s", old->at->prog_id, hook_name(how.hook),
		     l->iface->name);
	return err;
}

/* With several interfaces the sentence stands once, and then only where else it is so. */
static void tell_steps(const struct loading *l)
{
	struct load_session *session = l->options->session;

	note("changing %s of %s from %s to %s %s", hook_name(l->object->hook), l->iface->name,
	     load_how_name(l->old->by, l->old->mode, l->old->link_id),
	     load_how_name(l->how.by, l->how.mode, l->how.link),
	     session && session->told_steps
	             ? "likewise"
	             : "cannot be done in one step: packets pass between, also if it is refused "
	               "and the old one put back");
	if (session)
		session->told_steps = true;
}

/* Take the old program off and put the new one on: for a change of mode or of kind. */
static int exchange_in_two_steps(struct loading *l, struct load_switch *s)
{
	int err;

	tell_steps(l);
	err = attach_remove(&l->attaching, &s->old);
	if (err) {
		s->unsure = l->attaching.answer.unsure;
		return err;
	}
	err = attach_new(&l->attaching, &l->how, l->prog_fd, &s->link_fd);
	if (err && !l->attaching.answer.unsure)
		restore_old(l, &s->old);
	s->unsure = err && l->attaching.answer.unsure;
	return err;
}

/* Put the new program on the hook. */
static int put_on(struct loading *l, struct load_switch *s)
{
	const struct attach_old *old = &s->old;
	int err = 0;

	if (!l->old) {
		err = attach_new(&l->attaching, &l->how, l->prog_fd, &s->link_fd);
		s->unsure = err && l->attaching.answer.unsure;
		return err;
	}
	/* A link of others becomes one that we hold as well: theirs may go any time. */
	if (load_is_atomic(l) && l->old_foreign && old->link_fd >= 0)
		err = stage_add_link(&l->stage, l->object->hook, old->link_fd);
	if (err)
		return err;
	if (!load_is_atomic(l))
		return exchange_in_two_steps(l, s);
	err = attach_replace(&l->attaching, old, l->prog_fd);
	s->unsure = err && l->attaching.answer.unsure;
	return err;
}

static void tell_unsure(const struct loading *l)
{
	note("program %u may still be on %s: the next run looks, and goes on from there",
	     l->report->prog_id, l->iface->name);
}

int load_switch(struct loading *l, struct load_switch *s)
{
	int err;

	*s = (struct load_switch){ .old = { .prog_fd = -1, .link_fd = -1 }, .link_fd = -1 };
	if (l->old) {
		err = ownership_open(&l->dir, l->old, l->unseen, &s->old);
		if (err)
			return err;
	}
	cli_outlive_caller();
	err = put_on(l, s);
	l->stage.switched = !err || s->unsure;
	if (s->unsure)
		tell_unsure(l);
	if (err)
		return err;
	/* The program is on only as long as its link has a holder. */
	if (s->link_fd >= 0)
		err = stage_add_link(&l->stage, l->object->hook, s->link_fd);
	if (err)
		load_switch_undo(l, s);
	return err;
}

/* Exchange the new program for the old one, as it was exchanged for the new one. */
static int exchange_back(struct loading *l, const struct load_switch *s)
{
	struct attachment now = *l->old;
	const struct attach_old back = {
		.at = &now,
		.prog_fd = l->prog_fd,
		.link_fd = s->old.link_fd,
		.going_back = true,
	};

	now.prog_id = l->report->prog_id;
	return attach_replace(&l->attaching, &back, s->old.prog_fd);
}

/* Whether the new program is on any hook of the interface: there is one, whose filters are not
 * where they were put. */
static bool is_off(const struct loading *l)
{
	struct attachments now;
	bool off = true;

	if (attachments_query(&now, l->iface))
		return false;
	for (int hook = 0; hook < HOOKS; hook++)
		off = off && !attachments_has(&now, hook, l->report->prog_id);
	attachments_free(&now);
	return off;
}

/* What is on the hook instead; false if the kernel cannot be asked, or has ours on another hook. */
static bool find_instead(const struct loading *l, struct attachment *there)
{
	struct attachments now;
	bool known;

	if (attachments_query(&now, l->iface))
		return false;
	known = now.known[l->object->hook];
	memset(there, 0, sizeof(*there));
	for (size_t i = 0; i < now.len; i++) {
		const struct attachment *at = &now.list[i];

		if (at->hook == l->object->hook && !there->prog_id)
			*there = *at;
		known = known && at->prog_id != l->report->prog_id;
	}
	attachments_free(&now);
	return known;
}

int load_switch_missing(struct loading *l)
{
	const char *hook = hook_name(l->object->hook);
	struct attachment there;
	char prog[128];

	if (!find_instead(l, &there))
		return rejected(-ENOENT, "cannot find program %u on %s of %s after attaching it",
		                l->report->prog_id, hook, l->iface->name);
	l->lost = true;
	if (!there.prog_id) {
		rejected(-ENOENT,
		         "cannot keep program %u on %s of %s: somebody else took it off at once",
		         l->report->prog_id, hook, l->iface->name);
		hint("run it again once nobody else changes that hook");
		return -ENOENT;
	}
	prog_words(there.prog_id, prog);
	rejected(-ENOENT, "cannot keep program %u on %s of %s: program %s is there now, %s",
	         l->report->prog_id, hook, l->iface->name, prog,
	         load_how_name(there.by, there.mode, there.link_id));
	if (!l->old || there.prog_id != l->old->prog_id)
		hint("somebody else put it there meanwhile; replace it all the same: --replace");
	return -ENOENT;
}

/* Moved to another network namespace, with the program, or gone. */
static bool is_away(const struct loading *l)
{
	struct interface now;

	if (interface_by_index(&now, l->iface->ifindex) != -ENODEV)
		return false;
	note("%s is not here any more, and went with program %u, which was on it already",
	     l->iface->name, l->report->prog_id);
	hint("if it was moved to another network namespace, the next run finishes this: %s "
	     "--netns NAME %s",
	     cli_command("pin_maps"), cli_word(l->iface->name));
	return true;
}

void load_switch_undo(struct loading *l, const struct load_switch *s)
{
	bool one_step = l->old && load_is_atomic(l);
	int err;

	if (is_away(l))
		return;
	err = one_step ? exchange_back(l, s)
	               : attach_take_back(&l->attaching, &l->how, l->prog_fd, l->report->prog_id,
	                                  s->link_fd);
	if (!err && !one_step && l->old)
		err = restore_old(l, &s->old);
	if (err || !is_off(l)) {
		tell_unsure(l);
		return;
	}
	note("program %u was taken off %s again", l->report->prog_id, l->iface->name);
	l->stage.switched = false;
}

void load_switch_close(struct load_switch *s)
{
	ownership_close(&s->old);
	if (s->link_fd >= 0)
		close(s->link_fd);
}
