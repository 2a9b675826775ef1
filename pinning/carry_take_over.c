// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Between the switch of the program and the exchange of the pins: the old maps are closed to edits,
 * and the last of them are brought over, while nobody can find the new maps by name. So no edit is
 * lost, and none is taken for a copy: one that the old map refused is made in the new one.
 */
#include <errno.h>
#include <string.h>
#include "bpffs/leftover.h"
#include "bpffs/log.h"
#include "bpffs/recover.h"
#include "pinning/carry.h"
#include "pinning/carry_mark.h"
#include "pinning/carry_open.h"

/* The kernel's own, which it gives to user space all the same. */
#define ENOTSUPP 524

/* Old maps that others go on with stay open: what is edited there is compared after publishing. */
bool carry_may_freeze(const struct carried *one)
{
	return one->class != MIGRATE_COUNTER && !one->settled && !one->shared && !*one->sharers;
}

static const char *freeze_refusal(int err)
{
	switch (err) {
	case -EBUSY: return "somebody has it mapped into memory, or writes it all the time";
	case -ENOTSUPP: return "its values have timers, locks or the like";
	default: return strerror(-err);
	}
}

static int take_over_one(struct carried *one, int stage_fd)
{
	struct record rec;
	int err = migrate_freeze(one->m);

	if (err) {
		note("map '%s': the old one cannot be closed to edits: %s", one->name,
		     freeze_refusal(err));
		return 0;
	}
	err = migrate_reconcile(one->m);
	/* Later would be after others may have edited the new map. */
	if (err)
		err = migrate_reconcile(one->m);
	progress_clear(&one->progress);
	if (err)
		return err;
	one->settled = true;
	/* Only a later run needs it, should this one be killed: that compares, by the same rule. */
	err = carry_mark_write(one, &rec);
	if (!err)
		err = stage_rewrite_carry(stage_fd, one->from_id, &rec);
	if (err)
		detail("map '%s': cannot note that all was brought over: %s", one->name,
		       strerror(-err));
	return 0;
}

void carry_take_over(struct carry *carry, int stage_fd)
{
	for (size_t i = 0; i < carry->len; i++)
		if (carry->list[i]->placed && carry_may_freeze(carry->list[i]))
			take_over_one(carry->list[i], stage_fd);
}

/* Open what a note in a stage is about; both maps are where they were before the exchange. */
static int open_staged(struct carried *one, int stage_fd, const struct directory *dir)
{
	int err = carry_open_old(one, dir->fd, true);

	if (!err)
		err = carry_open_new(one, stage_fd);
	if (!err)
		err = migrate_plan(&one->m, &one->from, &one->to, one->class);
	if (!err)
		err = carry_open_base(one, stage_fd, "the stage");
	return err;
}

/* What another program on the hook goes on with, stays: it is noted for carry_finish(). */
static void note_user(struct carried *one, const struct leftover *l)
{
	struct record rec;

	if (one->shared || !leftover_uses(l, one->from_id))
		return;
	one->shared = true;
	if (carry_mark_write(one, &rec) || stage_rewrite_carry(l->fd, one->from_id, &rec))
		detail("map '%s': cannot note that another program goes on with the old one",
		       one->name);
}

/* What fails here is found, and said, by carry_resume(), which comes next. */
static void before_publishing(const struct leftover *l, const struct directory *dir)
{
	struct carry carry = {};

	if (!carry_open_marks(&carry, l->fd)) {
		for (size_t i = 0; i < carry.len; i++) {
			note_user(carry.list[i], l);
			carry.list[i]->placed = !open_staged(carry.list[i], l->fd, dir);
		}
	}
	carry_take_over(&carry, l->fd);
	carry_free(&carry);
}

int carry_recover(const struct bpffs *fs, const struct interface *iface)
{
	return recover_stages(fs, iface, before_publishing);
}
