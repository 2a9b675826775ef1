// SPDX-License-Identifier: GPL-2.0-or-later
/* pin_maps: the maps of what runs are adopted, and again for as long as that changes meanwhile. */
#include <errno.h>
#include <string.h>
#include "bpffs/access.h"
#include "bpffs/log.h"
#include "pinning/adopt_internal.h"
#include "pinning/writer.h"

/* A loader may change what is attached while we pin; so often we look again. */
#define ROUNDS_MAX 8

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
	if (err)
		access_programs_refused(err, a->iface->name, "CAP_SYS_ADMIN");
	else
		err = attachments_check(&a->attached, a->iface);
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

/* Adopt until nothing has changed meanwhile: loaders take no lock of ours. */
static int adopt_rounds(struct adoption *a)
{
	struct live before;
	int err;

	for (int round = 1;; round++) {
		if (!a->attached.len)
			return adopt_tell_nothing(a);
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
			adopt_resume_carry(a);
	}
	return err ? err : adopt_rounds(a);
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
			adopt_tell_behind(&a);
			adopt_tell_one_for_both(&a);
			adopt_tell_otherwise(&a);
			adopt_tell_out_of_force(&a);
			adopt_tell_parted(&a);
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
