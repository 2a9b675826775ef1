// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/access.h"
#include "bpffs/claim.h"
#include "bpffs/cli.h"
#include "bpffs/identity.h"
#include "bpffs/log.h"
#include "bpffs/owners.h"
#include "bpffs/stage.h"
#include "bpffs/view.h"
#include "pinning/adopt.h"
#include "pinning/carry.h"
#include "pinning/carry_find.h"
#include "pinning/gc_uses.h"
#include "pinning/layout.h"
#include "pinning/writer.h"

/* A loader may change what is attached while we pin; so often we look again. */
#define ROUNDS_MAX 8

/* Everything that one round of adopting works with. */
struct adoption {
	const struct interface *iface;
	const struct adopt_options *options;
	struct adopt_report *report;
	struct bpffs fs;
	struct attachments attached;
	struct live live;
	struct owners owners;
	struct directory dir;
	struct carry carry; /* of this round */
	bool resumed;       /* what was still to be brought over was seen to */
	__u32 group;        /* of options->group */
};

/* What is to be carried over; of a dry run, also what will not fit. */
static int find_content(struct adoption *a)
{
	const struct carry_search in = {
		.iface = a->iface,
		.dir = &a->dir,
		.plan = &a->report->plan,
		.live = &a->live,
		.owners = &a->owners,
		.classes = a->options->classes,
	};
	int err;

	if (!a->options->carry)
		return 0;
	err = carry_check_planned(in.plan, a->iface->name, in.classes);
	a->report->misused = err != 0;
	if (!err)
		err = carry_find(&a->carry, &in);
	a->carry.ifname = a->iface->name;
	return err || !a->options->dry_run ? err : carry_foresee(&a->carry);
}

/* Merge what was found, now that the pins are in place. */
static void carry_content(struct adoption *a, struct stage *stage)
{
	struct record rec;

	if (!a->carry.len)
		return;
	a->carry.verb = "pin";
	stage_end(stage);
	if (carry_conclude(&a->carry, &a->fs, a->iface, &a->dir, &rec))
		a->report->unfinished = true;
	else
		a->report->gen = rec.gen;
}

/* The report has what all rounds did. */
static int keep_content(struct adoption *a)
{
	int err = carry_move(&a->report->carry, &a->carry);

	return err ? failed(err, "cannot report what was carried over") : 0;
}

/* So many programs would be adopted, and are not: the record has no room for them. */
static size_t count_left_out(const struct adoption *a, const struct plan_input *in)
{
	char text[RECORD_SIZE];
	struct record rec;
	size_t count = 0;

	plan_record(&a->report->plan, in, &rec);
	if (record_format(&rec, text) || record_parse(text, &rec))
		return a->attached.len;
	for (size_t i = 0; i < a->attached.len; i++) {
		const struct attachment *at = &a->attached.list[i];

		count += (at->by == ATTACH_XDP || at->by == ATTACH_CLSACT) &&
		         !record_has_prog(&rec, at->hook, at->prog_id);
	}
	return count;
}

static int publish(struct adoption *a, const struct plan_input *in, struct stage *stage)
{
	struct record rec;
	int err;

	plan_record(&a->report->plan, in, &rec);
	if (a->options->group)
		rec.group = a->group;
	err = carry_forget(&a->dir, &rec);
	if (!err)
		err = plan_stage(&a->report->plan, &a->live, stage);
	if (!err)
		err = layout_stage(&a->report->plan, NULL, &a->dir, stage);
	if (!err)
		err = carry_stage(&a->carry, &a->report->plan, stage);
	if (!err)
		err = stage_publish(stage, &a->dir, &rec);
	a->report->gen = rec.gen;
	return err;
}

static int plan_and_publish(struct adoption *a, struct stage *stage)
{
	const struct plan_input in = {
		.iface = a->iface,
		.dir = &a->dir,
		.live = &a->live,
		.owners = &a->owners,
		.foreign = a->options->foreign,
		.keep_names = true,
		.nameless = a->report->nameless,
	};
	int err;

	snprintf(a->report->path, sizeof(a->report->path), "%s", a->dir.path);
	a->report->gen = a->dir.has_record ? a->dir.record.gen : 0;
	err = owners_scan_with_interfaces(&a->owners, &a->fs, a->dir.relative);
	if (err)
		return failed(err, "cannot look for pins in %s", a->fs.path);
	err = plan_make(&a->report->plan, &in);
	if (!err) {
		a->report->left_out = count_left_out(a, &in);
		err = find_content(a);
	}
	if (!err && !a->options->dry_run) {
		err = publish(a, &in, stage);
		if (!err)
			carry_content(a, stage);
	}
	return err;
}

/* The group that may read: before anything is made. */
static int check_group(struct adoption *a)
{
	a->group = RECORD_NO_GROUP;
	if (!a->options->group || !*a->options->group)
		return 0;
	return access_check_group(&a->fs, a->options->group, &a->group);
}

/* Claim the directory, decide on each map, and pin. */
static int adopt_once(struct adoption *a)
{
	const struct claim how = { .dry_run = a->options->dry_run, .fresh = a->options->fresh };
	struct stage stage = { .fd = -1 };
	int err;

	err = check_group(a);
	if (!err && !how.dry_run)
		err = stage_begin(&stage, &a->fs, a->iface->name, "pin");
	if (err)
		return err;
	err = claim_directory(&a->dir, &a->fs, a->iface, &a->attached, &stage, &how);
	if (!err) {
		if (!how.dry_run && !a->resumed)
			carry_resume(&a->fs, &a->dir);
		err = plan_and_publish(a, &stage);
		if (!err)
			err = keep_content(a);
		carry_free(&a->carry);
		directory_close(&a->dir);
	}
	stage_end(&stage);
	owners_free(&a->owners);
	return err;
}

static void forget(struct adoption *a)
{
	live_free(&a->live);
	attachments_free(&a->attached);
}

static int look(struct adoption *a)
{
	int err = attachments_query(&a->attached, a->iface);

	if (err)
		return err;
	err = live_query(&a->live, &a->attached);
	if (err) {
		failed(err, "cannot open the programs on %s by their ids", a->iface->name);
		if (err == -EPERM)
			hint("run as root, or with CAP_SYS_ADMIN");
	} else {
		err = attachments_check(&a->attached, a->iface);
	}
	if (err)
		forget(a);
	return err;
}

/* The same programs and maps run as when we looked before. */
static bool same_live(const struct live *a, const struct live *b)
{
	if (a->progs_len != b->progs_len || a->maps_len != b->maps_len)
		return false;
	for (size_t i = 0; i < a->progs_len; i++)
		if (a->progs[i].id != b->progs[i].id || a->progs[i].hook != b->progs[i].hook)
			return false;
	for (size_t i = 0; i < a->maps_len; i++)
		if (a->maps[i].info.id != b->maps[i].info.id)
			return false;
	return true;
}

/* One pin of a directory on which nothing runs. uses: all programs, or NULL. */
static void tell_stale(const struct directory *dir, const struct view_map *pin,
                       const struct gc_uses *uses)
{
	const struct gc_prog *user = uses ? gc_uses_find(uses, pin->info.id) : NULL;
	const char *below = pin->egress ? DIRECTORY_EGRESS "/" : "";

	if (pin->old_id)
		return;
	if (user)
		note("%s/%s%s stays: program %u (%s), which is not on this interface, uses it",
		     dir->path, below, pin->name, user->id, *user->name ? user->name : "-");
	else
		note("%s/%s%s stays, and is stale: nothing uses it", dir->path, below, pin->name);
}

/* What is left of earlier programs stays, and is named. */
static void list_stale(const struct adoption *a)
{
	struct gc_uses uses = {};
	struct interface owner;
	struct directory dir;
	struct view view;
	bool scanned;

	if (directory_open(&dir, &a->fs, a->iface))
		return;
	if (dir.has_record && !record_same_interface(&dir.record, a->iface) &&
	    identity_lives(&dir, a->iface, &owner))
		note("%s belongs to interface %s (ifindex %u)", dir.path, owner.name,
		     owner.ifindex);
	else if (!view_open(&view, &dir, NULL, BPF_F_RDONLY)) {
		scanned = view.len && !gc_uses_scan(&uses);
		for (size_t i = 0; i < view.len; i++)
			tell_stale(&dir, &view.maps[i], scanned ? &uses : NULL);
		gc_uses_free(&uses);
		view_close(&view);
	}
	directory_close(&dir);
}

static int report_nothing(const struct adoption *a)
{
	rejected(-ENOENT, "cannot find any BPF program on %s", a->iface->name);
	hint("load one first, say: ip link set dev %s xdpgeneric obj %s sec xdp",
	     cli_word(a->iface->name), cli_object("xdp_pass.o"));
	if (a->fs.fd >= 0)
		list_stale(a);
	return -ENOENT;
}

/* Adopt until nothing has changed meanwhile: loaders take no lock of ours. */
static int adopt_rounds(struct adoption *a)
{
	struct live before;
	int err;

	for (int round = 1;; round++) {
		if (!a->attached.len)
			return report_nothing(a);
		plan_free(&a->report->plan);
		err = adopt_once(a);
		if (err || a->options->dry_run)
			return err;
		before = a->live;
		memset(&a->live, 0, sizeof(a->live));
		attachments_free(&a->attached);
		err = look(a);
		if (err || same_live(&before, &a->live)) {
			live_free(&before);
			return err;
		}
		live_free(&before);
		if (round == ROUNDS_MAX) {
			note("the programs on %s keep changing; pinned what ran a moment ago",
			     a->iface->name);
			return 0;
		}
		detail("the programs on %s changed meanwhile: looking again", a->iface->name);
	}
}

/* Without a program, nothing is mounted or made, but a killed run is still finished. */
static int open_bpffs(struct adoption *a)
{
	bool write = a->attached.len || bpffs_probe() == 1;

	if (!a->attached.len && bpffs_probe() < 0)
		return 0;
	return bpffs_open(&a->fs, write && !a->options->dry_run ? BPFFS_WRITE : BPFFS_READ);
}

/* What a load has left to bring over is brought over without any program as well. */
static void resume_carry(struct adoption *a)
{
	struct directory dir;

	if (directory_open(&dir, &a->fs, a->iface))
		return;
	if (dir.has_record && record_same_interface(&dir.record, a->iface))
		carry_resume(&a->fs, &dir);
	directory_close(&dir);
}

static int adopt(struct adoption *a)
{
	int err = open_bpffs(a);

	if (!err && a->fs.lock_fd >= 0) {
		err = writer_begin(&a->fs, a->iface, &a->resumed);
		/* Look again: under the lock no other tool of ours changes anything. */
		forget(a);
		if (!err)
			err = look(a);
		if (!err && !a->attached.len && !a->resumed)
			resume_carry(a);
	}
	return err ? err : adopt_rounds(a);
}

/* Somebody gave it that name: from another object, for one. It may be what others read it by. */
static void tell_otherwise(const struct adoption *a)
{
	for (size_t i = 0; i < a->report->plan.len; i++) {
		const struct plan_map *map = &a->report->plan.maps[i];

		if (!*map->otherwise)
			continue;
		note("map %u is pinned as '%s', and %s has the name '%s' for it", map->info.id,
		     map->name, a->options->object, map->otherwise);
		hint("if that is its name: rm %s, and pin it again", cli_word(map->path));
	}
}

/*
 * Behind one dispatcher, several programs with maps of one name: only one of these can be pinned
 * and seen. They have it together if they are put there with what is pinned.
 */
static void tell_behind(const struct adoption *a)
{
	for (size_t i = 0; i < a->report->plan.len; i++) {
		const struct plan_map *map = &a->report->plan.maps[i];
		const struct live_prog *user = live_user(&a->live, map->hook, map->info.id);

		if (map->state != PLAN_REFUSED || !*map->name || !user || !user->via_link)
			continue;
		note("program %s (id %u) behind the dispatcher has a map '%s' of its own: what it "
		     "counts, and what it decides by, is not seen here",
		     user->name, user->id, map->name);
		hint("to have one for all, take it off and put it there with the pinned one: "
		     "xdp-loader unload %s --id %u, then %s --join %s OBJECT",
		     cli_word(a->iface->name), user->id, cli_command("load"),
		     cli_word(a->iface->name));
		hint("or, with an object whose maps are pinned by name, such as %s: xdp-loader "
		     "load "
		     "-p %s %s OBJECT",
		     cli_object("pinned/xdp_pass.o"), cli_word(a->report->path),
		     cli_word(a->iface->name));
		return;
	}
}

int adopt_maps(const struct interface *iface, const struct adopt_options *options,
               struct adopt_report *report)
{
	struct adoption a = {
		.iface = iface,
		.options = options,
		.report = report,
		.fs = { .fd = -1, .ours_fd = -1, .stage_fd = -1, .lock_fd = -1 },
	};
	int err;

	memset(report, 0, sizeof(*report));
	if (options->object) {
		err = nameless_open(&report->nameless, options->object);
		if (err)
			return err;
	}
	/* Without privilege this ends here, before anything is made in the BPF filesystem. */
	err = look(&a);
	if (!err) {
		err = adopt(&a);
		if (!err) {
			tell_behind(&a);
			tell_otherwise(&a);
		}
		forget(&a);
		bpffs_close(&a.fs);
	}
	return err;
}

void adopt_report_free(struct adopt_report *report)
{
	carry_free(&report->carry);
	plan_free(&report->plan);
	nameless_free(report->nameless);
	report->nameless = NULL;
}
