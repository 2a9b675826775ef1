// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/carry.h"
#include "pinning/notes.h"
#include "pinning/unload_prepared.h"
#include "pinning/unload_prepared_internal.h"
#include "pinning/writer.h"

/* Still pinned as prepared, or in use. */
static bool stays(const struct taking *t, enum hook hook, __u32 prog_id)
{
	for (size_t i = 0; i < t->len; i++)
		if (t->list[i].hook == hook && t->list[i].id == prog_id)
			return !t->list[i].goes;
	/* Where that cannot be told, what another one calls is kept, and so is all else. */
	return t->blind || prepared_runs(t, hook, prog_id);
}

/* What the record says without them; nor does it go on naming what another filter replaced. */
static int make_record(const struct taking *t, struct record *rec)
{
	const struct record *before = &t->u.dir.record;
	int err = 0;

	*rec = *before;
	for (int hook = 0; !err && hook < HOOKS; hook++) {
		bool goes = false, left = false;

		for (unsigned int i = 0; i < before->hooks[hook].progs_len; i++)
			if (!stays(t, hook, before->hooks[hook].progs[i]))
				record_remove_prog(rec, hook, before->hooks[hook].progs[i]);
		for (size_t i = 0; i < t->len; i++) {
			if (t->list[i].hook == (enum hook)hook && t->list[i].goes)
				goes = true;
			else if (t->list[i].hook == (enum hook)hook)
				left = true;
		}
		/* The section that is noted is that of the program which came last. */
		if (goes && !left)
			err = notes_set_section(rec, hook, NULL);
	}
	return err;
}

/*
 * The program of the same name that the one which goes took the pin from, and which still runs: its
 * descriptor, or -ENOENT, also without the right to open it.
 */
static int open_displaced(const struct taking *t, const struct prepared *one)
{
	int fd = -ENOENT;

	for (size_t i = 0; fd < 0 && i < t->u.attached.len; i++) {
		const struct attachment *at = &t->u.attached.list[i];
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);

		if (at->hook != one->hook ||
		    !record_has_prog(&t->u.dir.record, at->hook, at->prog_id))
			continue;
		fd = bpf_prog_get_fd_by_id(at->prog_id);
		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && *info.name &&
		    !strncmp(info.name, one->file, sizeof(info.name) - 1))
			break;
		close(fd);
		fd = -ENOENT;
	}
	return fd < 0 ? -ENOENT : fd;
}

/* What left its name to this one, and is to have it again: best one that runs; or NULL. */
static const struct prepared *find_beside(const struct taking *t, const struct prepared *one)
{
	const struct prepared *found = NULL;
	char old[NAME_SIZE];

	for (size_t i = 0; i < t->len; i++) {
		const struct prepared *other = &t->list[i];

		if (other->goes || other->hook != one->hook ||
		    mapname_old(one->file, other->id, old, sizeof(old)) ||
		    strcmp(other->file, old) != 0)
			continue;
		if (!found || (other->attached && !found->attached))
			found = other;
	}
	return found;
}

/* Have the pin dropped, or given back to the program that had it before. */
static int stage_pin(struct taking *t, struct stage *stage, const struct prepared *one)
{
	const struct prepared *beside = find_beside(t, one);
	char path[NAME_SIZE * 3];
	int fd, err;

	if (beside) {
		snprintf(path, sizeof(path), "%s/%s/%s", DIRECTORY_PROGS, hook_name(one->hook),
		         beside->file);
		fd = pin_open(t->u.dir.fd, path, 0);
		if (fd < 0)
			return failed(fd, "cannot open %s in %s", path, t->u.dir.path);
		err = stage_add_drop(stage, path);
		if (!err)
			err = stage_add_prog(stage, one->hook, one->file, fd);
		close(fd);
		return err;
	}
	fd = open_displaced(t, one);
	if (fd < 0) {
		snprintf(path, sizeof(path), "%s/%s/%s", DIRECTORY_PROGS, hook_name(one->hook),
		         one->file);
		return stage_add_drop(stage, path);
	}
	err = stage_add_prog(stage, one->hook, one->file, fd);
	close(fd);
	return err;
}

static int take_back_staged(struct taking *t)
{
	struct stage stage;
	struct record rec;
	int err;

	err = stage_begin(&stage, &t->u.fs, t->u.iface->name, "unload");
	if (err)
		return err;
	err = make_record(t, &rec);
	for (size_t i = 0; !err && i < t->len; i++)
		if (t->list[i].goes)
			err = stage_pin(t, &stage, &t->list[i]);
	if (!err)
		err = prepared_drop_maps(t, &stage, &rec);
	if (!err)
		err = stage_publish(&stage, &t->u.dir, &rec);
	stage_end(&stage);
	return err;
}

static int take_back(struct taking *t)
{
	int err = t->u.options->dry_run ? prepared_drop_maps(t, NULL, NULL) : take_back_staged(t);

	for (size_t i = 0; !err && i < t->u.report->len; i++)
		t->u.report->list[i].done = true;
	return err;
}

static int look_behind(struct taking *t)
{
	int err = attachments_query(&t->u.attached, t->u.iface);

	if (!err)
		err = attachments_check(&t->u.attached, t->u.iface);
	if (err)
		return err;
	err = live_query(&t->live, &t->u.attached);
	t->blind = err == -EPERM;
	return err && !t->blind ? failed(err, "cannot look at the programs on %s", t->u.iface->name)
	                        : 0;
}

/* A program that was prepared can be put on any interface. */
static int look_elsewhere(struct taking *t)
{
	int err = elsewhere_look(&t->others, t->u.iface);

	if (!err)
		err = elsewhere_look_held(&t->others);
	return err && err != -EPERM
	               ? failed(err, "cannot tell who else uses what is in %s", t->u.dir.path)
	               : 0;
}

/* The interface's own directory. One without a record, or of another interface, is left alone. */
static int look(struct taking *t)
{
	int err = look_behind(t);

	if (!err)
		err = directory_open(&t->u.dir, &t->u.fs, t->u.iface);
	if (err)
		return err == -ENOENT ? 0 : err;
	if (!t->u.dir.has_record || !record_same_interface(&t->u.dir.record, t->u.iface)) {
		directory_close(&t->u.dir);
		return 0;
	}
	if (!t->u.options->dry_run)
		carry_resume(&t->u.fs, &t->u.dir);
	err = look_elsewhere(t);
	for (int hook = 0; !err && hook < HOOKS; hook++)
		err = prepared_list(t, hook);
	return err;
}

int unload_prepared(const struct interface *iface, const struct unload_options *options,
                    struct unload_report *report)
{
	struct taking t = { .u = { .iface = iface,
		                   .options = options,
		                   .report = report,
		                   .dir = { .fd = -1, .lock_fd = -1 } } };
	int err;

	memset(report, 0, sizeof(*report));
	err = bpffs_open(&t.u.fs, options->dry_run ? BPFFS_READ : BPFFS_WRITE);
	if (err)
		return err;
	if (!options->dry_run)
		err = writer_begin(&t.u.fs, iface, &t.u.resumed);
	if (!err)
		err = look(&t);
	if (!err)
		err = prepared_choose(&t);
	if (!err && options->dry_run)
		err = bpffs_check_privilege();
	if (!err && t.u.dir.fd >= 0)
		err = take_back(&t);
	elsewhere_free(&t.others);
	directory_close(&t.u.dir);
	free(t.list);
	live_free(&t.live);
	attachments_free(&t.u.attached);
	bpffs_close(&t.u.fs);
	return err;
}
