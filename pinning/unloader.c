// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/links.h"
#include "bpffs/live.h"
#include "bpffs/libxdp.h"
#include "bpffs/log.h"
#include "bpffs/owners.h"
#include "bpffs/stage.h"
#include "pinning/carry.h"
#include "pinning/notes.h"
#include "pinning/ownership.h"
#include "pinning/unload_internal.h"
#include "pinning/unload_pins.h"
#include "pinning/unloader.h"
#include "pinning/writer.h"

/* From here on, what is attached is without this one. */
static int leave_out(struct unloading *u, const struct attachment *gone)
{
	struct attachments others;

	for (size_t i = 0; i < u->attached.len; i++) {
		if (!unload_same_attachment(&u->attached.list[i], gone))
			continue;
		if (attachments_without(&u->attached, &u->attached.list[i], &others))
			return failed(-ENOMEM, "cannot list what is attached");
		attachments_free(&u->attached);
		u->attached = others;
		return 0;
	}
	return 0;
}

/* Stage the removal of the pins of the program and of its link, unless they are still needed. */
static int stage_drops(struct unloading *u, struct stage *stage, const struct unloaded *one)
{
	char path[NAME_SIZE];
	int err = 0;

	if (!attachments_has(&u->attached, one->at.hook, one->at.prog_id))
		err = unload_drop_prog(stage, &u->dir, one->at.hook, one->at.prog_id);
	/* A link of ours is that which is pinned there; another's is not. */
	if (!err && one->at.link_id && one->ours) {
		snprintf(path, sizeof(path), "%s/%s", DIRECTORY_LINKS, hook_name(one->at.hook));
		err = stage_add_drop(stage, path);
	}
	return err;
}

/* Remove one program in the protocol's steps: stage, switch, publish. */
static int unload_staged(struct unloading *u, struct unloaded *one)
{
	struct stage stage;
	struct record rec;
	int err, gone;

	err = stage_begin(&stage, &u->fs, u->iface->name, "unload");
	if (!err)
		err = unload_plan(u);
	if (!err)
		err = stage_drops(u, &stage, one);
	if (!err)
		err = u->options->purge ? unload_purge(u, &stage, one)
		                        : unload_keep(u, &stage, one);
	if (!err)
		err = unload_make_record(u, &one->at, &rec);
	if (!err)
		err = stage_switch(&stage, one->at.hook, one->at.prog_id, 0);
	if (!err)
		err = stage_seal(&stage, &u->dir, &rec);
	if (!err)
		err = ownership_check(u->unseen);
	if (!err) {
		err = unload_take_off(u, &one->at, &gone);
		/* If that is not known, the next run sees. */
		stage.switched = gone != 0;
	}
	if (!err) {
		err = stage_commit(&stage, &u->dir, &rec);
		if (err)
			note("program %u was taken off %s of %s, but its pins are not seen to: the "
			     "next run ends that first",
			     one->at.prog_id, hook_name(one->at.hook), u->iface->name);
	}
	one->begun = err && stage.switched;
	stage_end(&stage);
	return err;
}

static int unload_pins(struct unloading *u)
{
	struct unload_report *report = u->report;
	struct stage stage;
	struct record rec;
	int err;

	report->only_pins = true;
	report->foreign = u->attached.len > 0;
	err = unload_plan(u);
	if (err || u->options->dry_run)
		return err ? err : unload_purge_all(u, NULL, &report->purged);
	err = stage_begin(&stage, &u->fs, u->iface->name, "unload");
	if (!err)
		err = unload_purge_all(u, &stage, &report->purged);
	if (!err)
		err = unload_make_record(u, NULL, &rec);
	if (!err)
		err = stage_seal(&stage, &u->dir, &rec);
	if (!err)
		err = stage_commit(&stage, &u->dir, &rec);
	stage_end(&stage);
	return err;
}

static int foresee(struct unloading *u, struct unloaded *one)
{
	int err = unload_plan(u);

	if (err)
		return err;
	return u->options->purge ? unload_purge(u, NULL, one) : unload_keep(u, NULL, one);
}

static int unload_one(struct unloading *u, struct unloaded *one)
{
	int gone, err = unload_check_filter(u, &one->at);

	if (!err)
		err = leave_out(u, &one->at);
	if (err)
		return err;
	/* What has no directory of ours has no pins: it is only taken off. */
	if (u->options->dry_run)
		err = u->dir.fd >= 0 ? foresee(u, one) : 0;
	else if (u->dir.fd < 0)
		err = unload_take_off(u, &one->at, &gone);
	else
		err = unload_staged(u, one);
	one->done = !err;
	if (!err && !u->options->dry_run && one->at.by == ATTACH_XDP)
		libxdp_tell_left(&u->fs, one->at.prog_id, u->iface->name);
	return err;
}

/* The interface's own directory. One without a record, or of another interface, is left alone. */
static int open_directory(struct unloading *u)
{
	int err = directory_open(&u->dir, &u->fs, u->iface);

	if (err)
		return err == -ENOENT ? 0 : err;
	if (!u->dir.has_record || !record_same_interface(&u->dir.record, u->iface))
		directory_close(&u->dir);
	else if (u->fs.lock_fd >= 0 && !u->resumed)
		carry_resume(&u->fs, &u->dir);
	return 0;
}

static int look(struct unloading *u, bool act)
{
	int err, unseen;

	u->unseen->err = 0;
	err = attachments_query(&u->attached, u->iface);
	if (!err)
		err = attachments_check(&u->attached, u->iface);
	if (err)
		return err;
	err = links_find(&u->attached, u->iface);
	if (err && err != -EPERM)
		return failed(err, "cannot list the links of %s", u->iface->name);
	err = open_directory(u);
	if (err)
		return err;
	if (u->dir.fd >= 0)
		ownership_find_links(&u->dir, u->unseen, &u->attached);
	err = owners_scan(&u->owners, &u->fs, u->dir.fd >= 0 ? u->dir.relative : "");
	if (err)
		return failed(err, "cannot look for pins in %s", u->fs.path);
	err = unload_choose(u, act);
	/* Whatever it decided: it may have missed what is ours. */
	unseen = ownership_check(u->unseen);
	return unseen ? unseen : err;
}

static void forget(struct unloading *u)
{
	unload_plan_free(u);
	directory_close(&u->dir);
	owners_free(&u->owners);
	attachments_free(&u->attached);
	bpffs_close(&u->fs);
}

/* One is begun and not ended, or none can be: those behind it stay as they are. */
static void tell_untried(const struct unloading *u, size_t i)
{
	const struct unload_report *report = u->report;

	while (++i < report->len)
		note("program %u on %s of %s was not tried, and stays", report->list[i].at.prog_id,
		     hook_name(report->list[i].at.hook), u->iface->name);
}

/* Choose, and with act remove what was chosen. */
static int unload(struct unloading *u, bool write, bool act)
{
	int err, first = 0;

	unload_report_free(u->report);
	err = bpffs_open(&u->fs, write ? BPFFS_WRITE : BPFFS_READ);
	if (err)
		return err;
	if (write)
		err = writer_begin(&u->fs, u->iface, &u->resumed);
	if (!err)
		err = look(u, act);
	/* A dry run ends as the run would. */
	if (!err && act && !write)
		err = bpffs_check_privilege();
	if (!err && act && unload_only_pins(u))
		err = unload_pins(u);
	for (size_t i = 0; !err && act && i < u->report->len; i++) {
		int failure = unload_one(u, &u->report->list[i]);

		first = first ? first : failure;
		/* What another one publishes would be undone by whoever ends this; or it would be
		 * refused likewise. */
		if (u->report->list[i].begun || u->shut) {
			tell_untried(u, i);
			break;
		}
	}
	forget(u);
	return err ? err : first;
}

int unload_programs(const struct interface *iface, const struct unload_options *options,
                    struct unload_report *report)
{
	struct ownership_unseen unseen = {};
	struct unloading u = {
		.iface = iface,
		.unseen = &unseen,
		.options = options,
		.report = report,
		.dir = { .fd = -1, .lock_fd = -1 },
	};
	int err = 0;

	memset(report, 0, sizeof(*report));
	if (options->dry_run)
		return unload(&u, false, true);
	/* In a BPF filesystem without our own directory nothing is made before it is needed. */
	if (bpffs_probe() != 1)
		err = unload(&u, false, false);
	return err ? err : unload(&u, true, true);
}

void unload_report_free(struct unload_report *report)
{
	free(report->list);
	memset(report, 0, sizeof(*report));
}
