// SPDX-License-Identifier: GPL-2.0-or-later
/* What is carried over while maps are adopted. */
#include "bpffs/log.h"
#include "pinning/adopt_internal.h"
#include "pinning/carry_find.h"

int adopt_find_content(struct adoption *a)
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

void adopt_carry_content(struct adoption *a, struct stage *stage)
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

int adopt_keep_content(struct adoption *a)
{
	int err = carry_move(&a->report->carry, &a->carry);

	return err ? failed(err, "cannot report what was carried over") : 0;
}

void adopt_resume_carry(struct adoption *a)
{
	struct directory dir;

	if (directory_open(&dir, &a->fs, a->iface))
		return;
	if (dir.has_record && record_same_interface(&dir.record, a->iface))
		carry_resume(&a->fs, &dir);
	directory_close(&dir);
}
