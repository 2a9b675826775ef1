// SPDX-License-Identifier: GPL-2.0-or-later
/* What the record says once a program is off. */
#include <errno.h>
#include <string.h>
#include "bpffs/log.h"
#include "pinning/notes.h"
#include "pinning/ownership.h"
#include "pinning/unload_internal.h"

static bool on_hook(const struct attachments *attached, enum hook hook)
{
	for (size_t i = 0; i < attached->len; i++)
		if (attached->list[i].hook == hook)
			return true;
	return false;
}

/* What is ours, or was published before, of what stays: nothing is adopted by the way. */
static int find_published(const struct unloading *u, struct attachments *out)
{
	struct ownership verdict;
	size_t len = 0;
	int err = attachments_without(&u->attached, NULL, out);

	for (size_t i = 0; !err && i < out->len; i++) {
		const struct attachment *at = &out->list[i];

		ownership_of(at, &u->dir, &u->owners, u->unseen, &verdict);
		if (verdict.ours || record_has_prog(&u->dir.record, at->hook, at->prog_id))
			out->list[len++] = *at;
	}
	out->len = err ? 0 : len;
	return err;
}

static struct plan_input plan_input(const struct unloading *u)
{
	return (struct plan_input){
		.iface = u->iface,
		.dir = &u->dir,
		.live = &u->live,
		.owners = &u->owners,
	};
}

int unload_plan(struct unloading *u)
{
	const struct plan_input in = plan_input(u);
	struct attachments published;
	int err;

	unload_plan_free(u);
	err = find_published(u, &published);
	if (err)
		return failed(err, "cannot list what is attached");
	err = live_query(&u->live, &published);
	attachments_free(&published);
	if (!err)
		return plan_make(&u->plan, &in);
	u->blind = err == -EPERM;
	if (!u->blind)
		return failed(err, "cannot look at the programs on %s", u->iface->name);
	detail("programs cannot be opened by id without CAP_SYS_ADMIN");
	return 0;
}

void unload_plan_free(struct unloading *u)
{
	plan_free(&u->plan);
	live_free(&u->live);
	u->blind = false;
}

/*
 * Nothing is pinned that was not before: what another map has the name of stays as it is, and what
 * the egress program has of its own stays pinned where it is.
 */
static void leave_names(struct plan *plan)
{
	for (size_t i = 0; i < plan->len; i++)
		if (plan->maps[i].state == PLAN_REPLACED)
			plan->maps[i].state = plan->maps[i].renamed ? PLAN_KEPT : PLAN_REFUSED;
}

/* All maps go with which the programs worked that are off. */
static int forget_shared(const struct unloading *u, struct record *rec)
{
	int err = 0;

	for (int hook = 0; !err && hook < HOOKS; hook++)
		if (!on_hook(&u->attached, hook)) {
			notes_drop_left(rec, hook);
			err = notes_set_shared(rec, hook, 1);
		}
	return err;
}

static void note_left(const struct unloading *u, enum hook hook, struct record *rec)
{
	const char *list = u->left;
	struct idrange ids;

	while (idlist_next(&list, &ids))
		for (__u64 id = ids.first; id <= ids.last; id++)
			if (notes_add_left(rec, hook, (__u32)id))
				detail("the record has no room to say that map %llu is left",
				       (unsigned long long)id);
}

int unload_make_record(struct unloading *u, const struct attachment *at, struct record *rec)
{
	const struct plan_input in = plan_input(u);
	int err;

	leave_names(&u->plan);
	if (!u->blind) {
		plan_record(&u->plan, &in, rec);
	} else {
		*rec = u->dir.record;
		if (at && !on_hook(&u->attached, at->hook))
			memset(&rec->hooks[at->hook], 0, sizeof(rec->hooks[at->hook]));
	}
	/* Its directory may still have the name that the interface had: that is the record's. */
	rec->iface = u->dir.record.iface;
	if (!at)
		return forget_shared(u, rec);
	if (attachments_has(&u->attached, at->hook, at->prog_id))
		return 0;
	note_left(u, at->hook, rec);
	/* Maps that stay pinned are shared as before, which the next load has to know. */
	err = u->options->purge ? notes_set_shared(rec, at->hook, 1) : 0;
	if (!err)
		err = notes_set_dead_link(rec, at->hook, false);
	return err ? err : notes_set_section(rec, at->hook, NULL);
}
