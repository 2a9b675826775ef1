// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/load_internal.h"

/* A link that is made again, while it has no place yet. */
#define RESTORED_LINK "%restored"

/* The new program was refused after the old one had gone: put that one back as it was. */
static void restore_old(struct loading *l, const struct attach_old *old)
{
	struct attach_how how = {
		.hook = old->at->hook,
		.by = old->at->by,
		.mode = old->at->mode,
		.link = old->at->link_id != 0,
		.pref = old->at->pref,
		.handle = old->at->handle,
	};
	char path[NAME_SIZE];
	int link_fd, err;

	err = attach_new(l->iface, &how, old->prog_fd, &link_fd);
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
}

/* Take the old program off and put the new one on: for a change of mode or of kind. */
static int exchange_in_two_steps(struct loading *l, const struct attach_old *old, int *link_fd)
{
	int err;

	note("changing %s to %s cannot be done in one step: packets pass between",
	     load_how_name(l->old->by, l->old->mode, l->old->link_id),
	     load_how_name(l->how.by, l->how.mode, l->how.link));
	err = attach_remove(l->iface, old);
	if (err)
		return err;
	err = attach_new(l->iface, &l->how, l->prog_fd, link_fd);
	if (err)
		restore_old(l, old);
	return err;
}

/* Put the new program on the hook. */
static int switch_program(struct loading *l)
{
	struct attach_old old;
	int link_fd = -1, err;

	if (!l->old) {
		err = attach_new(l->iface, &l->how, l->prog_fd, &link_fd);
	} else {
		err = ownership_open(&l->dir, l->old, &old);
		if (err)
			return err;
		/* A link of others becomes one that we hold as well: theirs may go any time. */
		if (load_is_atomic(l) && l->old_foreign && old.link_fd >= 0)
			err = stage_add_link(&l->stage, l->object->hook, old.link_fd);
		if (!err && load_is_atomic(l))
			err = attach_replace(l->iface, &old, l->prog_fd);
		else if (!err)
			err = exchange_in_two_steps(l, &old, &link_fd);
		ownership_close(&old);
	}
	if (!err && link_fd >= 0) {
		/* The program is on only as long as its link has a holder. */
		err = stage_add_link(&l->stage, l->object->hook, link_fd);
		close(link_fd);
	}
	l->stage.switched = !err;
	return err;
}

/*
 * Readers add the old map to the new one, so counters can be merged while they look, and while
 * other writers go on: only this directory stays locked. What was merged to the last is then
 * dropped, in an exchange of its own. Killed in between, or failed at it, the next run goes on with
 * it.
 */
static int finish_carrying(struct loading *l)
{
	struct carry *carry = &l->report->carry;
	int err, first;

	if (!carry->len)
		return 0;
	stage_end(&l->stage);
	bpffs_unlock(&l->fs);
	first = carry_finish(carry);
	/* In the order in which all writers take the two. */
	directory_unlock(&l->dir);
	err = bpffs_lock(&l->fs);
	if (!err)
		err = directory_read_record(&l->dir);
	if (!err) {
		l->rec = l->dir.record;
		err = carry_settle(carry, &l->fs, l->iface->name, &l->dir, &l->rec);
	}
	return first ? first : err;
}

int load_exchange(struct loading *l)
{
	struct explanation *how = &l->object->explanation;
	struct load_report *report = l->report;
	int err = 0;

	err = carry_reconcile(&report->carry);
	if (err)
		return err;
	if (l->options->no_attach) {
		explain(how, EXPLAIN_ATTACH, EXPLAIN_SKIPPED, "--no-attach");
	} else {
		err = switch_program(l);
		explain(how, EXPLAIN_ATTACH, err ? EXPLAIN_REFUSED : EXPLAIN_DONE, "to %s of %s",
		        hook_name(l->object->hook), l->iface->name);
		if (!err) {
			err = attach_verify(l->iface, l->object->hook, report->prog_id,
			                    &report->how);
			explain(how, EXPLAIN_READ_BACK, err ? EXPLAIN_REFUSED : EXPLAIN_DONE,
			        "program %u by %s", report->prog_id,
			        attach_by_name(report->how.by));
		}
		report->attached = !err;
		report->old_prog_id = l->old ? l->old->prog_id : 0;
	}
	if (!err)
		err = stage_commit(&l->stage, &l->dir, &l->rec);
	if (!err)
		report->unfinished = finish_carrying(l) != 0;
	report->gen = l->rec.gen;
	return err;
}
