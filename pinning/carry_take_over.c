// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Between the switch of the program and the exchange of the pins: the old maps are closed to edits,
 * and the last of them are brought over, while nobody can find the new maps by name. So no edit is
 * lost, and none is taken for a copy: one that the old map refused is made in the new one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "bpffs/leftover.h"
#include "bpffs/log.h"
#include "bpffs/recover.h"
#include "pinning/carry.h"
#include "pinning/carry_mark.h"
#include "pinning/carry_netns.h"
#include "pinning/carry_open.h"
#include "pinning/carry_slots.h"

/* So many changes are brought over in a moment; after more, the maps are compared again first. */
#define FEW 1000

/* An editor that changes more than that each time is not waited for. */
#define ROUNDS 3

/* Who is refused for longer is worth a word. */
#define LONG_MS 1000

/* The kernel's own, which it gives to user space all the same. */
#define ENOTSUPP 524

/* Old maps that others go on with stay open: what is edited there is compared after publishing. */
bool carry_may_freeze(const struct carried *one)
{
	return one->m && migrate_copies(one->m) && !one->settled && !one->done && !one->shared &&
	       !*one->sharers;
}

static const char *freeze_refusal(int err)
{
	switch (err) {
	case -EBUSY: return "somebody has it mapped into memory, or writes it all the time";
	case -ENOTSUPP: return "its values have timers, locks or the like";
	default: return strerror(-err);
	}
}

static __u64 changes(const struct carried *one)
{
	const struct migrate_report *report = migrate_report(one->m);

	return report->added + report->changed + report->deleted;
}

/*
 * What was changed since the last comparison, while others go on: less is left for the one during
 * which their edits are refused. What fails is said, and tried again then.
 */
static void catch_up(struct carried *one)
{
	__u64 before = 0;

	if (one->from.info.max_entries < FEW)
		return;
	for (int i = 0; i < ROUNDS && (!i || changes(one) - before >= FEW); i++) {
		before = changes(one);
		if (migrate_reconcile(one->m))
			break;
	}
	progress_clear(&one->progress);
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

/* The one that takes longest first: from then on the others are closed as well, for so long. */
static int compare_size(const void *a, const void *b)
{
	const struct carried *const *x = a, *const *y = b;
	__u64 of_x = migrate_report((*x)->m)->entries, of_y = migrate_report((*y)->m)->entries;

	return of_x < of_y ? 1 : of_x > of_y ? -1 : 0;
}

static void say_closed(const struct timespec *since)
{
	struct timespec now;
	long ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
	if (ms >= LONG_MS)
		note("edits of the old maps were refused for %ld.%ld seconds, while these were "
		     "compared for the last time",
		     ms / 1000, ms / 100 % 10);
	else
		detail("edits of the old maps were refused for %ld ms", ms);
}

/* What others go on with is not looked at again after publishing, if it is counters. */
static void compare_keys(struct carried *one)
{
	if (one->class == MIGRATE_COUNTER && !one->settled)
		migrate_reconcile(one->m);
	progress_clear(&one->progress);
}

void carry_take_over(struct carry *carry, int stage_fd)
{
	struct carried **list = calloc(carry->len + 1, sizeof(*list));
	struct timespec closed;
	size_t len = 0;

	if (!list) {
		failed(-ENOMEM, "cannot close the old maps to edits");
		return;
	}
	for (size_t i = 0; i < carry->len; i++) {
		struct carried *one = carry->list[i];

		if (!one->placed)
			continue;
		migrate_set_in_use(one->m);
		if (carry_may_freeze(one))
			list[len++] = one;
		else
			compare_keys(one);
	}
	for (size_t i = 0; i < len; i++)
		catch_up(list[i]);
	qsort(list, len, sizeof(*list), compare_size);
	clock_gettime(CLOCK_MONOTONIC, &closed);
	for (size_t i = 0; i < len; i++)
		take_over_one(list[i], stage_fd);
	if (len)
		say_closed(&closed);
	free(list);
}

/* Open what a note in a stage is about; both maps are where they were before the exchange. */
static int open_staged(struct carried *one, int stage_fd, const struct directory *dir)
{
	int err = carry_open_old(one, dir->fd, true);

	if (!err)
		err = carry_open_new(one, stage_fd);
	/* Those come over when the pins are exchanged: no program was switched by us. */
	if (!err && carry_is_slots(one))
		return -EOPNOTSUPP;
	if (!err)
		err = migrate_plan(&one->m, &one->from, &one->to, one->class);
	if (!err)
		err = carry_open_base(one, stage_fd, "the stage");
	return err;
}

/* What another program on the hook goes on with, stays: it is noted for carry_finish(). */
static void note_user(struct carried *one, const struct leftover *l)
{
	if (one->shared || !leftover_uses(l, one->from_id))
		return;
	one->shared = true;
	carry_note_shared(one, l->fd);
}

struct taking_over {
	struct carry carry;
	struct carry_place at;
};

static int take_over(void *arg)
{
	struct taking_over *t = arg;

	carry_look_elsewhere(&t->carry, &t->at);
	carry_take_over(&t->carry, t->at.stage_fd);
	return 0;
}

/* What fails here is found, and said, by carry_resume(), which comes next. */
static void before_publishing(const struct leftover *l, const struct directory *dir)
{
	struct taking_over t = {
		.at = { .iface = &l->rec.iface,
		        .dir = dir,
		        .stage_fd = l->fd,
		        .hook = l->hook,
		        .switched = true },
	};

	if (!carry_open_marks(&t.carry, l->fd)) {
		for (size_t i = 0; i < t.carry.len; i++) {
			note_user(t.carry.list[i], l);
			t.carry.list[i]->placed = !open_staged(t.carry.list[i], l->fd, dir);
		}
	}
	carry_in_netns(&t.carry, &l->rec.iface.netns, take_over, &t);
	carry_free(&t.carry);
}

int carry_recover(const struct bpffs *fs, const struct interface *iface)
{
	return recover_stages(fs, iface, before_publishing);
}
