// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/claim.h"
#include "bpffs/links.h"
#include "bpffs/live.h"
#include "bpffs/log.h"
#include "bpffs/owners.h"
#include "bpffs/recover.h"
#include "bpffs/stage.h"
#include "bpffs/view.h"
#include "pinning/attach.h"
#include "pinning/ownership.h"
#include "pinning/plan.h"
#include "pinning/unloader.h"

/* Everything that one unload works with. */
struct unloading {
	const struct interface *iface;
	const struct unload_options *options;
	struct unload_report *report;
	struct bpffs fs;
	struct attachments attached;
	struct directory dir;
	struct owners owners;
};

static void prog_name(__u32 prog_id, char name[BPF_OBJ_NAME_LEN])
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(prog_id);

	*name = '\0';
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		memcpy(name, info.name, BPF_OBJ_NAME_LEN);
	close(fd);
}

static bool fits(const struct unloading *u, const struct attachment *at)
{
	const struct unload_options *o = u->options;
	char name[BPF_OBJ_NAME_LEN], section[256];

	if (o->hook >= 0 && (enum hook)o->hook != at->hook)
		return false;
	if (o->id && o->id != at->prog_id)
		return false;
	if (o->program) {
		prog_name(at->prog_id, name);
		if (strncmp(name, o->program, sizeof(name) - 1))
			return false;
	}
	if (o->section)
		return u->dir.has_record &&
		       !ownership_get_section(&u->dir.record, at->hook, section, sizeof(section)) &&
		       !strcmp(section, o->section);
	return true;
}

static int add(struct unload_report *report, const struct attachment *at)
{
	struct unloaded *list = reallocarray(report->list, report->len + 1, sizeof(*list));

	if (!list)
		return failed(-ENOMEM, "cannot list programs");
	report->list = list;
	list[report->len] = (struct unloaded){ .at = *at };
	prog_name(at->prog_id, list[report->len++].name);
	return 0;
}

/* Choose what fits and is ours. */
static int choose(struct unloading *u)
{
	struct ownership verdict, foreign = {};
	const struct attachment *theirs = NULL;
	int err = 0;

	for (size_t i = 0; !err && i < u->attached.len; i++) {
		const struct attachment *at = &u->attached.list[i];

		if (!fits(u, at))
			continue;
		ownership_of(at, u->dir.fd >= 0 ? &u->dir : NULL, &u->owners, &verdict);
		if (verdict.ours || u->options->foreign) {
			err = add(u->report, at);
		} else {
			theirs = at;
			foreign = verdict;
		}
	}
	if (err)
		return err;
	if (!u->report->len && theirs) {
		failed(-EEXIST, "cannot remove program %u from %s of %s, which is not ours: %s",
		       theirs->prog_id, hook_name(theirs->hook), u->iface->name, foreign.why);
		hint("remove it all the same: --foreign");
		return -EEXIST;
	}
	if (!u->report->len) {
		failed(-ENOENT, "cannot find such a program on %s", u->iface->name);
		hint("see what is there: status %s", u->iface->name);
		return -ENOENT;
	}
	if (u->report->len > 1 && !u->options->all) {
		failed(-EINVAL, "cannot choose: %zu programs on %s fit", u->report->len,
		       u->iface->name);
		for (size_t i = 0; i < u->report->len; i++)
			hint("--id %u is %s on %s", u->report->list[i].at.prog_id,
			     u->report->list[i].name, hook_name(u->report->list[i].at.hook));
		hint("name one, or take them all: --all");
		return -EINVAL;
	}
	return 0;
}

static bool uses_map(const struct live *live, __u32 map_id)
{
	for (size_t i = 0; i < live->maps_len; i++)
		if (live->maps[i].info.id == map_id)
			return true;
	return false;
}

/* Is this pin, or for an old one the pin that replaced it, a map of the program that goes? */
static bool goes(const struct view *view, const struct view_map *pin, const struct live *going,
                 const struct live *staying)
{
	for (size_t i = 0; i < view->len; i++) {
		const struct view_map *map = &view->maps[i];

		if (!map->old_id && map->egress == pin->egress && !strcmp(map->name, pin->name))
			return uses_map(going, map->info.id) && !uses_map(staying, map->info.id) &&
			       !uses_map(staying, pin->info.id);
	}
	return false;
}

/* Have the pins of the maps that only this program used dropped, with what they replaced. */
static int stage_purge(struct unloading *u, struct stage *stage, struct unloaded *one,
                       const struct live *going, const struct live *staying)
{
	char file[NAME_SIZE], old[NAME_SIZE], path[NAME_SIZE * 2];
	struct view view;
	int err;

	err = view_open(&view, &u->dir, NULL, BPF_F_RDONLY);
	for (size_t i = 0; !err && i < view.len; i++) {
		const struct view_map *pin = &view.maps[i];

		if (!goes(&view, pin, going, staying) ||
		    mapname_encode(pin->name, file, sizeof(file)))
			continue;
		if (pin->old_id && mapname_old(file, pin->old_id, old, sizeof(old)))
			continue;
		snprintf(path, sizeof(path), "%s%s", pin->egress ? DIRECTORY_EGRESS "/" : "",
		         pin->old_id ? old : file);
		err = stage_add_drop(stage, path);
		/* The symlink to it for egress programs would lead nowhere. */
		if (!err && !pin->egress && !pin->old_id) {
			snprintf(path, sizeof(path), "%s/%s", DIRECTORY_EGRESS, file);
			if (readlinkat(u->dir.fd, path, old, sizeof(old)) >= 0)
				err = stage_add_drop(stage, path);
		}
		one->purged++;
	}
	view_close(&view);
	return err;
}

/* Stage what goes with the program: its pins, its link's, and with --purge its maps'. */
static int stage_drops(struct unloading *u, struct stage *stage, struct unloaded *one,
                       const struct live *staying)
{
	struct attachments only = { .list = &one->at, .len = 1 };
	char file[NAME_SIZE], path[NAME_SIZE * 2];
	struct live going;
	int err = 0;

	if (!ownership_find_prog(&u->dir, one->at.hook, one->at.prog_id, file)) {
		snprintf(path, sizeof(path), "%s/%s/%s", DIRECTORY_PROGS, hook_name(one->at.hook),
		         file);
		err = stage_add_drop(stage, path);
	}
	if (!err && one->at.link_id) {
		snprintf(path, sizeof(path), "%s/%s", DIRECTORY_LINKS, hook_name(one->at.hook));
		err = stage_add_drop(stage, path);
	}
	if (err || !u->options->purge)
		return err;
	err = live_query(&going, &only);
	if (err)
		return failed(err, "cannot open program %u by its id", one->at.prog_id);
	err = stage_purge(u, stage, one, &going, staying);
	live_free(&going);
	return err;
}

static int make_record(struct unloading *u, const struct unloaded *one, const struct live *staying,
                       struct record *rec)
{
	const struct plan_input in = {
		.iface = u->iface,
		.dir = &u->dir,
		.live = staying,
		.owners = &u->owners,
	};
	struct plan plan;
	int err;

	err = plan_make(&plan, &in);
	if (err)
		return err;
	plan_record(&plan, &in, rec);
	plan_free(&plan);
	return ownership_note_section(rec, one->at.hook, NULL);
}

static int take_off(const struct unloading *u, const struct attachment *at)
{
	struct attach_old old;
	int err;

	err = ownership_open(u->dir.fd >= 0 ? &u->dir : NULL, at, &old);
	if (err)
		return err;
	err = attach_remove(u->iface, &old);
	ownership_close(&old);
	return err;
}

static int verify_gone(const struct unloading *u, const struct attachment *at)
{
	struct attachments now;
	bool there;
	int err;

	err = attachments_query(&now, u->iface);
	if (err)
		return err;
	there = attachments_has(&now, at->hook, at->prog_id);
	attachments_free(&now);
	if (!there)
		return 0;
	return failed(-EBUSY, "cannot remove program %u: the kernel still has it on %s of %s",
	              at->prog_id, hook_name(at->hook), u->iface->name);
}

/* Remove one program in the protocol's steps: stage, switch, publish. */
static int unload_staged(struct unloading *u, struct stage *stage, struct unloaded *one)
{
	struct attachments others;
	struct live staying = {};
	struct record rec;
	int err;

	/* The list may have changed places by what was removed before. */
	for (size_t i = 0; i < u->attached.len; i++) {
		struct attachment *at = &u->attached.list[i];

		if (at->prog_id == one->at.prog_id && at->hook == one->at.hook) {
			err = attachments_without(&u->attached, at, &others);
			if (err)
				return failed(err, "cannot list what is attached");
			attachments_free(&u->attached);
			u->attached = others;
			break;
		}
	}
	err = live_query(&staying, &u->attached);
	if (err == -EPERM)
		err = 0;
	if (!err)
		err = make_record(u, one, &staying, &rec);
	if (!err)
		err = stage_drops(u, stage, one, &staying);
	if (!err)
		err = stage_switch(stage, one->at.hook, one->at.prog_id, 0);
	if (!err)
		err = stage_seal(stage, &u->dir, &rec);
	if (!err)
		err = take_off(u, &one->at);
	if (!err) {
		stage->switched = true;
		err = verify_gone(u, &one->at);
	}
	if (!err)
		err = stage_commit(stage, &u->dir, &rec);
	live_free(&staying);
	return err;
}

static int unload_one(struct unloading *u, struct unloaded *one)
{
	struct stage stage;
	int err;

	if (u->options->dry_run)
		return 0;
	/* What has no directory has no pins of ours: it is only taken off. */
	if (u->dir.fd < 0) {
		err = take_off(u, &one->at);
		return err ? err : verify_gone(u, &one->at);
	}
	err = stage_begin(&stage, &u->fs, u->iface->name, "unload");
	if (!err)
		err = unload_staged(u, &stage, one);
	stage_end(&stage);
	return err;
}

static int unload(struct unloading *u)
{
	int err;

	err = attachments_query(&u->attached, u->iface);
	if (err)
		return err;
	err = links_find(&u->attached, u->iface);
	if (err && err != -EPERM)
		return failed(err, "cannot list the links of %s", u->iface->name);
	err = directory_open(&u->dir, &u->fs, u->iface);
	if (err == -ENOENT)
		err = 0;
	if (err)
		return err;
	if (u->dir.fd >= 0)
		ownership_find_links(&u->dir, &u->attached);
	err = owners_scan(&u->owners, &u->fs, u->dir.fd >= 0 ? u->dir.relative : "");
	if (err)
		return failed(err, "cannot look for pins in %s", u->fs.path);
	err = choose(u);
	for (size_t i = 0; !err && i < u->report->len; i++)
		err = unload_one(u, &u->report->list[i]);
	return err;
}

int unload_programs(const struct interface *iface, const struct unload_options *options,
                    struct unload_report *report)
{
	struct unloading u = {
		.iface = iface,
		.options = options,
		.report = report,
		.dir = { .fd = -1 },
	};
	int err;

	memset(report, 0, sizeof(*report));
	err = bpffs_open(&u.fs, options->dry_run ? BPFFS_READ : BPFFS_WRITE);
	if (err)
		return err;
	if (!options->dry_run) {
		err = bpffs_lock(&u.fs);
		if (!err)
			err = recover_stages(&u.fs, iface);
	}
	if (!err)
		err = unload(&u);
	directory_close(&u.dir);
	owners_free(&u.owners);
	attachments_free(&u.attached);
	bpffs_close(&u.fs);
	return err;
}

void unload_report_free(struct unload_report *report)
{
	free(report->list);
	memset(report, 0, sizeof(*report));
}
