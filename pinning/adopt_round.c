// SPDX-License-Identifier: GPL-2.0-or-later
/* One round of adopting: the directory is claimed, and what runs now is planned and pinned. */
#include <stdio.h>
#include "bpffs/access.h"
#include "bpffs/claim.h"
#include "bpffs/log.h"
#include "pinning/adopt_internal.h"
#include "pinning/carry_find.h"
#include "pinning/layout.h"

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
		adopt_note_left(a, &rec);
	if (!err)
		err = plan_stage(&a->report->plan, &a->live, stage);
	if (!err)
		err = adopt_keep_beside(a, stage);
	if (!err)
		err = adopt_keep_parted(a, stage);
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
		adopt_find_went_to(a);
		a->report->left_out = count_left_out(a, &in);
		err = adopt_find_content(a);
	}
	if (!err)
		err = adopt_find_left(a);
	if (!err && a->options->dry_run)
		err = adopt_keep_beside(a, NULL);
	if (!err && !a->options->dry_run) {
		err = publish(a, &in, stage);
		if (!err)
			adopt_carry_content(a, stage);
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

int adopt_once(struct adoption *a)
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
			err = adopt_keep_content(a);
		carry_free(&a->carry);
		directory_close(&a->dir);
	}
	stage_end(&stage);
	owners_free(&a->owners);
	return err;
}
