// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/claim.h"
#include "bpffs/log.h"
#include "pinning/load_internal.h"
#include "pinning/load_together.h"
#include "pinning/writer.h"

/* Its directory has the name that it had when it was found, before the lock. */
static int check_name(struct loading *l)
{
	if (!strcmp(l->attached.ifname, l->iface->name))
		return 0;
	if (!l->options->keep_lock) {
		note("%s is called %s by now: beginning anew", l->iface->name, l->attached.ifname);
		l->report->moved = true;
		return -EAGAIN;
	}
	rejected(-ENODEV, "cannot find interface %s any more: it is called %s by now",
	         l->iface->name, l->attached.ifname);
	hint("run it again for %s", l->attached.ifname);
	return -ENODEV;
}

int load_look(struct loading *l)
{
	struct load_session *session = l->options->session;
	int err;

	explain_try(&l->object->explanation, EXPLAIN_ATTACH);
	err = attachments_query_over(&l->attached, l->iface, l->netlink);
	if (!err)
		err = check_name(l);
	if (err)
		return err;
	err = session ? links_match(&session->links, &l->attached, l->iface)
	              : links_find(&l->attached, l->iface);
	return err && err != -EPERM ? failed(err, "cannot list the links of %s", l->iface->name)
	                            : 0;
}

static int scan_owners(struct loading *l)
{
	struct load_session *session = l->options->session;
	int err;

	if (!session)
		return owners_scan(&l->owners, &l->fs, l->dir.relative);
	err = session->scanned ? 0 : owners_scan(&session->owners, &l->fs, l->dir.relative);
	if (err)
		return err;
	session->scanned = true;
	owners_forget(&session->owners, l->dir.relative);
	l->owners = session->owners;
	return 0;
}

int load_choose(struct loading *l)
{
	int err;

	explain_try(&l->object->explanation, EXPLAIN_ATTACH);
	err = scan_owners(l);
	if (err)
		return failed(err, "cannot look for pins in %s", l->fs.path);
	ownership_find_links(&l->dir, l->unseen, &l->attached);
	if (l->options->join)
		return load_choose_join(l);
	err = load_find_old(l);
	if (err)
		return err;
	load_choose_how(l);
	err = load_check(l);
	if (!err)
		err = load_check_how(l);
	if (!err)
		err = load_check_link(l);
	return err ? err : load_check_pref(l);
}

/* Before the verifier has its work: a name that no file can have. */
static int name_prog(struct loading *l)
{
	const char *name = bpf_program__name(l->object->prog);
	int err = strchr(name, '/') ? -EINVAL
	                            : value_encode(name, l->prog_file, sizeof(l->prog_file));

	if (!err)
		return 0;
	return rejected(err, "cannot pin program %s: %s", name,
	                err == -ENAMETOOLONG ? "its name is too long for a file name"
	                                     : "its name cannot be one of a file");
}

/* The program is behind a dispatcher by now, and only its pins are missing. */
static bool joins(const struct loading *l)
{
	return l->options->join && !l->options->dry_run;
}

/* From here on the interface's directory is ours, and the object is open. */
static int load_in_directory(struct loading *l)
{
	int err;

	snprintf(l->report->path, sizeof(l->report->path), "%s", l->dir.path);
	l->report->gen = l->dir.has_record ? l->dir.record.gen : 0;
	err = name_prog(l);
	if (!err)
		err = load_choose(l);
	if (!err)
		err = ownership_check(l->unseen);
	if (!err && !l->options->join)
		load_tell_row(l);
	if (!err)
		err = load_match_type(l);
	if (!err)
		err = load_object(l);
	if (!err)
		explain_try(&l->object->explanation, EXPLAIN_PINS);
	if (!err)
		err = load_describe(l);
	if (!err)
		err = load_look_at_globals(l);
	if (err || joins(l))
		return err;
	err = load_foresee(l);
	if (!err)
		load_tell_goes(l);
	if (!err)
		err = load_stage_all(l);
	/* All that was found since is still so. */
	return err ? err : ownership_check(l->unseen);
}

int load_change(struct loading *l)
{
	int err = 0;

	if (joins(l))
		return load_publish_joined(l);
	if (l->options->dry_run)
		load_foresee_switch(l);
	else
		err = load_exchange(l);
	if (!err) {
		load_tell_outside(l);
		load_tell_gave_way(l);
		load_tell_row_left(l);
	}
	return err;
}

/* Of a program that is loaded already all is known that the stage is to say. */
static int begin_stage(struct loading *l, bool whole)
{
	const struct load_session *session = l->options->session;
	char relative[PATH_MAX];
	struct stage_purpose purpose = { .relative = relative, .hook = l->object->hook };
	bool known = whole && session && session->prog_id && !l->options->no_attach &&
	             !bpffs_relative(&l->fs, l->iface->name, &l->iface->netns, relative);

	if (known)
		purpose.new_prog_id = session->prog_id;
	return stage_begin_for(&l->stage, &l->fs, l->iface->name, "load", known ? &purpose : NULL);
}

static int load_locked(struct loading *l)
{
	struct claim how = { .dry_run = l->options->dry_run, .fresh = l->options->fresh };
	int err;

	err = load_look(l);
	if (err)
		return err;
	/* Nothing is replaced or carried over. */
	how.whole = !l->attached.len && !l->options->join;
	explain_try(&l->object->explanation, EXPLAIN_PINS);
	if (!how.dry_run) {
		err = begin_stage(l, how.whole);
		if (err)
			return err;
	}
	err = claim_directory(&l->dir, &l->fs, l->iface, &l->attached, &l->stage, &how);
	if (err)
		return err;
	l->claimed = true;
	/* In the directory that it had under another name. */
	if (!how.dry_run && !l->resumed)
		carry_resume(&l->fs, &l->dir);
	return load_in_directory(l);
}

/* With a session its descriptors: they are borrowed, and given back unlocked. */
static int open_bpffs(struct loading *l)
{
	enum bpffs_access access = l->options->dry_run ? BPFFS_READ : BPFFS_WRITE;
	struct load_session *session = l->options->session;
	int err;

	if (!session) {
		err = bpffs_open(&l->fs, access);
		l->fs.known = &l->known;
		return err;
	}
	err = session->open ? 0 : bpffs_open(&session->fs, access);
	if (err)
		return err;
	session->open = true;
	session->fs.known = &session->known;
	l->fs = session->fs;
	return 0;
}

/*
 * The program ran for a moment, and others came in its place. What that left is ended as if this
 * run had been killed: that looks at what the others use, so that no count and no rule is lost.
 */
static void end_lost(struct loading *l)
{
	l->report->switched = false;
	note("what it had prepared is ended as if this run had been killed:");
	bpffs_unlock(&l->fs);
	writer_begin(&l->fs, l->iface, &l->resumed);
}

int load_prepare(struct loading *l, const struct interface *iface, struct object *object,
                 const struct load_options *options, struct load_report *report)
{
	struct netlink *used = options->session ? &options->session->netlink : &l->own_netlink;
	int err;

	*l = (struct loading){
		.netlink = used,
		.unseen = &l->own_unseen,
		.attaching = { .iface = iface, .netlink = used },
		.iface = iface,
		.object = object,
		.options = options,
		.report = report,
		.dir = { .fd = -1, .lock_fd = -1 },
		.stage = { .fd = -1 },
		.prog_fd = -1,
	};
	memset(report, 0, sizeof(*report));
	report->hook = object->hook;
	explain_try(&object->explanation, EXPLAIN_PINS);
	err = open_bpffs(l);
	l->open = !err;
	/* Of those that are changed together, all was resumed before the first was looked at. */
	if (!err && !options->dry_run)
		err = load_is_together(l) ? carry_recover(&l->fs, iface)
		                          : writer_begin(&l->fs, iface, &l->resumed);
	return err ? err : load_locked(l);
}

void load_end(struct loading *l, int err)
{
	struct load_session *session = l->options->session;

	if (!l->open)
		return;
	if (l->claimed)
		directory_close(&l->dir);
	l->report->switched = l->stage.switched;
	strcpy(l->report->refusal, l->attaching.refusal);
	stage_end(&l->stage);
	live_free(&l->live);
	live_free(&l->replaced);
	view_close(&l->pinned);
	owners_free(&l->sharers);
	attachments_free(&l->attached);
	if (l->lost)
		end_lost(l);
	if (session) {
		if (err && !load_is_together(l))
			load_session_pause(session);
		return;
	}
	netlink_close(&l->own_netlink);
	owners_free(&l->owners);
	known_forget(&l->known);
	bpffs_close(&l->fs);
}

int load_program(const struct interface *iface, struct object *object,
                 const struct load_options *options, struct load_report *report)
{
	struct loading l;
	int err = load_prepare(&l, iface, object, options, report);

	if (!err)
		err = load_change(&l);
	load_end(&l, err);
	return err;
}

void load_session_pause(struct load_session *session)
{
	if (session->open && session->fs.lock_fd >= 0)
		bpffs_unlock(&session->fs);
}

void load_session_end(struct load_session *session)
{
	if (session->open)
		bpffs_close(&session->fs);
	owners_free(&session->owners);
	known_forget(&session->known);
	links_free(&session->links);
	netlink_close(&session->netlink);
	live_free(&session->own);
	load_present_free(session->present);
	free(session->outside);
	for (int hook = 0; hook < HOOKS; hook++) {
		while (session->followers_len[hook])
			free(session->followers[hook][--session->followers_len[hook]]);
		free(session->followers[hook]);
	}
	memset(session, 0, sizeof(*session));
}

void load_report_free(struct load_report *report)
{
	carry_free(&report->carry);
	globals_free(&report->globals);
	plan_free(&report->plan);
}
