// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/join.h"
#include "pinning/load_internal.h"
#include "pinning/notes.h"
#include "pinning/prog_words.h"

/* Is it ours? Else say whose it is, as far as can be told. */
bool load_is_ours(const struct loading *l, const struct attachment *at, struct ownership *verdict)
{
	ownership_of(at, l->dir.fd >= 0 ? &l->dir : NULL, &l->owners, l->unseen, verdict);
	return verdict->ours;
}

/* "native by link", "clsact": for messages; two of them may stand in one. */
const char *load_how_name(enum attach_by by, enum xdp_mode mode, bool link)
{
	static char names[2][48];
	static int turn;
	char *name = names[turn++ % 2];

	if (by == ATTACH_XDP)
		snprintf(name, sizeof(names[0]), "%s by %s", xdp_mode_name(mode),
		         link ? "link" : "netlink");
	else
		snprintf(name, sizeof(names[0]), "%s%s", attach_by_name(by),
		         link ? " by link" : "");
	return name;
}

void load_foresee_switch(struct loading *l)
{
	struct load_foreseen *would = &l->report->foreseen;
	struct ownership verdict;

	if (l->options->join)
		snprintf(would->how, sizeof(would->how), "behind a dispatcher of libxdp");
	else if (!l->options->no_attach)
		snprintf(would->how, sizeof(would->how), "%s",
		         l->how.by == ATTACH_XDP && l->how.mode == XDP_MODE_NONE
		                 ? "native, or skb where the driver cannot"
		                 : load_how_name(l->how.by, l->how.mode, l->how.link));
	/* What is only prepared replaces nothing. */
	if (!l->old || l->options->no_attach)
		return;
	would->old_id = l->old->prog_id;
	prog_words(l->old->prog_id, would->old);
	snprintf(would->old_how, sizeof(would->old_how), "%s",
	         load_how_name(l->old->by, l->old->mode, l->old->link_id));
	would->old_foreign = !load_is_ours(l, l->old, &verdict);
	if (would->old_foreign)
		snprintf(would->old_why, sizeof(would->old_why), "%.255s", verdict.why);
	if (verdict.unfinished)
		note("program %u was put there by a run that has not ended: the load finishes that "
		     "first, and then finds the maps that it had prepared",
		     l->old->prog_id);
	would->two_steps = !load_is_atomic(l);
}

/* Else what a hint says is refused as well. */
void load_hint_opening(const struct attachment *at)
{
	if (!ownership_may_open(at))
		hint("that takes CAP_SYS_ADMIN, by which the kernel lets others' programs be "
		     "opened: "
		     "run it as root, or with that as well");
}

static int refuse_foreign(const struct loading *l, const struct attachment *at,
                          const struct ownership *verdict)
{
	char prog[128];

	prog_words(at->prog_id, prog);
	rejected(-EEXIST, "cannot load onto %s of %s: program %s is there, %s, and is not ours: %s",
	         hook_name(at->hook), l->iface->name, prog,
	         load_how_name(at->by, at->mode, at->link_id), verdict->why);
	if (verdict->dispatcher) {
		if (join_is_built())
			hint("join them: %s --join %s OBJECT", cli_command("load"),
			     cli_word(l->iface->name));
		else
			hint("join them: xdp-loader load %s OBJECT", cli_word(l->iface->name));
		hint("or replace it, and with it all that it calls: --replace");
	} else if (!at->link_id && ownership_is_unadopted(verdict))
		hint("adopt it first, which keeps its counts and lists: %s %s, or with --carry, "
		     "which adds what is pinned under their names; or replace it%s: --replace",
		     cli_command("pin_maps"), cli_interface(l->iface->name),
		     load_drops_maps(l, at) ? ", and drop them" : "");
	else
		hint("replace it all the same: --replace");
	load_hint_opening(at);
	return -EEXIST;
}

static int refuse_unexpected(const struct loading *l)
{
	char prog[24] = "no program";

	if (l->old)
		snprintf(prog, sizeof(prog), "program %u", l->old->prog_id);
	else if (l->object->hook != HOOK_XDP)
		strcpy(prog, "none of ours");
	rejected(-EEXIST, "cannot load onto %s of %s: %s is there, not the expected %u",
	         hook_name(l->object->hook), l->iface->name, prog, l->options->expect);
	return -EEXIST;
}

/* Somebody else's filter where ours is to stand: the kernel would say only that there is one. */
int load_check_pref(const struct loading *l)
{
	struct ownership verdict;
	char prog[128];
	bool ours;

	for (size_t i = 0; l->how.by == ATTACH_CLSACT && i < l->attached.len; i++) {
		const struct attachment *at = &l->attached.list[i];

		if (at == l->old || at->by != ATTACH_CLSACT || at->hook != l->how.hook ||
		    at->chain || at->pref != ATTACH_TC_PREF || l->options->no_attach)
			continue;
		if (l->old && l->old->by == ATTACH_CLSACT)
			continue;
		prog_words(at->prog_id, prog);
		ours = load_is_ours(l, at, &verdict);
		rejected(-EEXIST,
		         "cannot load onto %s of %s: pref %u, where our filter stands, is taken by "
		         "program %s, which is %s%s",
		         hook_name(at->hook), l->iface->name, at->pref, prog,
		         ours ? "ours as well: " : "not ours", ours ? verdict.why : "");
		hint("replace that one: --expect %u%s%s", at->prog_id, ours ? "" : " --replace",
		     attach_has_tcx(l->iface) ? "; or go another way: --tc tcx" : "");
		if (!ours)
			load_hint_opening(at);
		return -EEXIST;
	}
	return 0;
}

/* With ours in its place as well, there would be two of ours on the hook. */
static int refuse_second(const struct loading *l)
{
	struct ownership verdict;

	for (size_t i = 0; i < l->attached.len; i++) {
		const struct attachment *at = &l->attached.list[i];

		if (at == l->old || at->hook != l->object->hook || !load_is_ours(l, at, &verdict))
			continue;
		rejected(-EEXIST,
		         "cannot replace program %u on %s of %s, which is not ours: program %u "
		         "there "
		         "is, and a hook has one of ours",
		         l->old->prog_id, hook_name(at->hook), l->iface->name, at->prog_id);
		hint("replace that one, without --expect; or take it off first: %s %s --hook %s "
		     "--id %u",
		     cli_command("unload"), cli_word(l->iface->name), hook_name(at->hook),
		     at->prog_id);
		return -EEXIST;
	}
	return 0;
}

/*
 * Which attachment makes room. XDP has one place; a tc hook has many, of which one is ours, and
 * what others have there runs beside it, unless --expect names it.
 */
int load_find_old(struct loading *l)
{
	const struct load_options *o = l->options;
	struct ownership verdict;
	bool ours = true, xdp = l->object->hook == HOOK_XDP;
	int err;

	*l->old_file = '\0';
	err = load_find_expected(l);
	if (err)
		return err;
	if (l->old) {
		ours = load_is_ours(l, l->old, &verdict);
	} else if (!xdp) {
		err = load_find_in_row(l);
		if (err)
			return err;
	}
	for (size_t i = 0; xdp && i < l->attached.len && !l->old; i++) {
		const struct attachment *at = &l->attached.list[i];

		if (at->hook != l->object->hook)
			continue;
		ours = load_is_ours(l, at, &verdict);
		if (!ours && (at->by != ATTACH_XDP || o->no_attach))
			continue;
		l->old = at;
		strcpy(l->old_file, verdict.file);
	}
	if (o->has_expect && (l->old ? l->old->prog_id : 0) != o->expect)
		return refuse_unexpected(l);
	l->old_foreign = l->old && !ours;
	if (l->old_foreign && !o->replace)
		return refuse_foreign(l, l->old, &verdict);
	return l->old_foreign && !o->no_attach ? refuse_second(l) : 0;
}

/* A link of ours that lost its interface, or was detached, whether gc has removed it since or not:
 * what comes in its place is one as well. */
static bool has_dead_link(const struct loading *l)
{
	enum hook hook = l->object->hook;

	return directory_has_pins(&l->dir) &&
	       (ownership_has_link(&l->dir, hook, l->unseen) ||
	        (l->dir.has_record && notes_get_dead_link(&l->dir.record, hook)));
}

/* How to attach: as asked for, else as the old one is, else native by netlink, or clsact. */
void load_choose_how(struct loading *l)
{
	const struct load_options *o = l->options;
	const struct attachment *old = l->old;
	bool dead = !old && has_dead_link(l);
	bool link = o->link || (!o->netlink && (old ? old->link_id : dead));

	l->how.hook = l->object->hook;
	if (l->object->hook == HOOK_XDP) {
		l->how.by = ATTACH_XDP;
		l->how.mode = o->has_mode ? o->mode : XDP_MODE_NATIVE;
		if (old && (!o->has_mode || o->mode == XDP_MODE_NONE))
			l->how.mode = old->mode;
		if (dead && !o->has_mode && l->dir.has_record &&
		    notes_get_mode(&l->dir.record) != XDP_MODE_NONE)
			l->how.mode = notes_get_mode(&l->dir.record);
	} else {
		l->how.by = ATTACH_CLSACT;
		if (o->has_tc)
			l->how.by = o->tc;
		else if (o->link || (!old && link))
			l->how.by = ATTACH_TCX;
		else if (old)
			l->how.by = old->by;
	}
	l->how.link = l->how.by != ATTACH_CLSACT && link;
}

/* Said before anything changes: a filter of clsact would be taken off for nothing. */
int load_check_how(const struct loading *l)
{
	if (l->options->no_attach || l->how.by != ATTACH_TCX || attach_has_tcx(l->iface))
		return 0;
	rejected(-EOPNOTSUPP, "cannot load onto %s of %s: this kernel has no tcx (Linux 6.6)",
	         hook_name(l->how.hook), l->iface->name);
	hint(l->options->link
	             ? "attach a filter of clsact, which cannot be a link: leave out --link"
	             : "attach a filter of clsact: --tc clsact");
	return -EOPNOTSUPP;
}

/* The old attachment can be exchanged in one step: same hook, same mode, same kind. */
bool load_is_atomic(const struct loading *l)
{
	return l->old->by == l->how.by && !!l->old->link_id == l->how.link &&
	       (l->how.by != ATTACH_XDP || l->old->mode == l->how.mode);
}

/* By what was published, where programs cannot be opened. */
static bool is_published(const struct loading *l, const struct attachments *attached, __u32 map_id)
{
	const struct record *rec = &l->dir.record;

	for (size_t i = 0; l->dir.has_record && i < attached->len; i++) {
		const struct attachment *at = &attached->list[i];

		if (record_has_prog(rec, at->hook, at->prog_id) &&
		    record_has_map(rec, at->hook, map_id))
			return true;
	}
	return false;
}

static bool is_used(const struct loading *l, const struct attachments *attached, __u32 map_id)
{
	struct recalled lacks = {};
	struct live live;
	bool used;
	int err;

	err = live_query(&live, attached);
	if (err == -EPERM)
		err = live_recall(&live, &lacks, attached, attached, &l->dir);
	used = (err || lacks.progs) && is_published(l, attached, map_id);
	if (err)
		return used;
	for (int hook = 0; !used && hook < HOOKS; hook++)
		used = live_user(&live, hook, map_id) != NULL;
	live_free(&live);
	return used;
}

bool load_keeps_name(const void *context, __u32 map_id)
{
	const struct loading *l = context;

	return is_used(l, &l->attached, map_id);
}

bool load_runs_on(const void *context, __u32 map_id)
{
	const struct loading *l = context;
	struct attachments others;
	bool used;

	if (attachments_without(&l->attached, l->options->no_attach ? NULL : l->old, &others))
		return false;
	used = is_used(l, &others, map_id);
	attachments_free(&others);
	return used;
}

/*
 * What stays attached of that which is ours or was published before: a load does not adopt the
 * programs of others that it finds.
 */
int load_find_others(const struct loading *l, struct attachments *others)
{
	const struct record *rec = l->dir.has_record ? &l->dir.record : NULL;
	struct ownership verdict;
	size_t len = 0;
	int err;

	/* With --no-attach the old one goes on running. */
	err = attachments_without(&l->attached, l->options->no_attach ? NULL : l->old, others);
	for (size_t i = 0; !err && i < others->len; i++) {
		const struct attachment *at = &others->list[i];

		if ((rec && record_has_prog(rec, at->hook, at->prog_id)) ||
		    load_is_ours(l, at, &verdict))
			others->list[len++] = *at;
	}
	if (!err)
		others->len = len;
	return err;
}
