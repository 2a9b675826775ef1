// SPDX-License-Identifier: GPL-2.0-or-later
/* On a tc hook programs stand in a row: which of them makes room, and who comes before the new one.
 */
#include <errno.h>
#include <stdio.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/name.h"
#include "pinning/filter.h"
#include "pinning/load_internal.h"
#include "pinning/prog_words.h"

/* "clsact pref 5 handle 1", "tcx by link". */
static void describe_place(const struct attachment *at, char out[64])
{
	if (at->by == ATTACH_CLSACT)
		snprintf(out, 64, "clsact pref %u handle %u", at->pref, at->handle);
	else
		snprintf(out, 64, "%s", load_how_name(at->by, at->mode, at->link_id));
}

/* Ours, and where a load puts it: a filter of another place with our program is somebody's copy. */
static bool is_in_our_place(const struct loading *l, const struct attachment *at)
{
	struct ownership verdict;

	return (at->by != ATTACH_CLSACT || (!at->chain && at->pref == ATTACH_TC_PREF)) &&
	       load_is_ours(l, at, &verdict);
}

/*
 * Which attachment an id means: the only one of that program, or the one of several that is in our
 * place; else NULL. *count: how many there are.
 */
static const struct attachment *find_meant(const struct loading *l, __u32 prog_id, size_t *count)
{
	const struct attachment *only = NULL, *placed = NULL;
	size_t in_place = 0;

	*count = 0;
	for (size_t i = 0; i < l->attached.len; i++) {
		const struct attachment *at = &l->attached.list[i];

		if (at->hook != l->object->hook || at->prog_id != prog_id)
			continue;
		if (!(*count)++)
			only = at;
		if (is_in_our_place(l, at) && !in_place++)
			placed = at;
	}
	if (*count == 1)
		return only;
	/* What is only prepared takes no place: whose the program is, is the same for all. */
	if (l->options->no_attach)
		return only;
	return in_place == 1 ? placed : NULL;
}

/* A program that is there more than once: its id means at most one of them. */
static void hint_copy(const struct loading *l, const struct attachment *at, const char *prog,
                      const char *place)
{
	if (at->by == ATTACH_CLSACT)
		hint("program %s, %s, is there more than once; take this one off: %s", prog, place,
		     filter_command(l->iface, at));
	else
		hint("program %s, %s, is there more than once", prog, place);
}

/* What --expect can name, one a line. */
static void list_row(const struct loading *l, bool ours, const char *also)
{
	const struct attachment *meant, *last = NULL;
	struct ownership verdict;
	char prog[128], place[64];
	size_t count;

	for (size_t i = 0; i < l->attached.len; i++) {
		const struct attachment *at = &l->attached.list[i];

		if (at->hook != l->object->hook || load_is_ours(l, at, &verdict) != ours)
			continue;
		prog_words(at->prog_id, prog);
		describe_place(at, place);
		meant = find_meant(l, at->prog_id, &count);
		if (count > 1 && at != meant)
			hint_copy(l, at, prog, place);
		else
			hint("program %s, %s: --expect %u%s", prog, place, at->prog_id, also);
		last = at;
	}
	if (last && !ours)
		load_hint_opening(last);
}

static int refuse_several(const struct loading *l, size_t ours, size_t loaded)
{
	rejected(-EEXIST,
	         "cannot choose which program to replace on %s of %s: %zu are ours, of which load "
	         "put %zu there",
	         hook_name(l->object->hook), l->iface->name, ours, loaded);
	list_row(l, true, "");
	return -EEXIST;
}

static int refuse_nameless(const struct loading *l)
{
	rejected(-EEXIST,
	         "cannot tell which program to replace on %s of %s: none there is ours, and "
	         "--replace alone names none on a tc hook",
	         hook_name(l->object->hook), l->iface->name);
	list_row(l, false, " --replace");
	hint("or come beside what is there: without --replace");
	return -EEXIST;
}

static int refuse_copies(const struct loading *l, size_t count)
{
	char prog[128], place[64];

	rejected(-EEXIST,
	         "cannot choose which to replace on %s of %s: program %u is there %zu times, and "
	         "none of them alone is where a load attaches",
	         hook_name(l->object->hook), l->iface->name, l->options->expect, count);
	for (size_t i = 0; i < l->attached.len; i++) {
		const struct attachment *at = &l->attached.list[i];

		if (at->hook != l->object->hook || at->prog_id != l->options->expect)
			continue;
		prog_words(at->prog_id, prog);
		describe_place(at, place);
		hint_copy(l, at, prog, place);
	}
	return -EEXIST;
}

int load_find_expected(struct loading *l)
{
	size_t count;

	l->old = NULL;
	if (!l->options->has_expect)
		return 0;
	l->old = find_meant(l, l->options->expect, &count);
	return count && !l->old ? refuse_copies(l, count) : 0;
}

/* Another program of its name came after it, and it stayed. */
static bool has_old_name(const struct ownership *verdict)
{
	char name[NAME_SIZE];
	__u32 old_id;

	return !mapname_parse(verdict->file, name, sizeof(name), &old_id) && old_id;
}

int load_find_in_row(struct loading *l)
{
	const struct attachment *loaded = NULL;
	const struct attachment *last = NULL;
	size_t ours = 0, by_load = 0, lasts = 0, others = 0;
	struct ownership verdict;

	for (size_t i = 0; i < l->attached.len; i++) {
		const struct attachment *at = &l->attached.list[i];

		if (at->hook != l->object->hook)
			continue;
		if (!load_is_ours(l, at, &verdict)) {
			others++;
			continue;
		}
		if (!ours++)
			l->old = at;
		if (verdict.loaded && !by_load++)
			loaded = at;
		if (verdict.loaded && !has_old_name(&verdict) && !lasts++)
			last = at;
	}
	/* Beside a later one of its name that is no copy. */
	if (by_load > 1 && lasts == 1) {
		by_load = 1;
		loaded = last;
	}
	/* With --expect another one is named than any of these, and that is refused. */
	if (l->options->has_expect || l->options->no_attach)
		return 0;
	if (ours > 1 && by_load != 1)
		return refuse_several(l, ours, by_load);
	if (by_load == 1)
		l->old = loaded;
	return !ours && others && l->options->replace ? refuse_nameless(l) : 0;
}

int load_check_link(const struct loading *l)
{
	const struct attachment *at = NULL;
	char prog[128];

	if (l->how.link && !l->options->no_attach)
		at = ownership_linked_besides(&l->dir, &l->attached, l->old, l->how.hook,
		                              l->unseen);
	if (!at)
		return 0;
	prog_words(at->prog_id, prog);
	rejected(-EEXIST,
	         "cannot load onto %s of %s by link: program %s is there by a link of ours, of "
	         "which a hook has one",
	         hook_name(at->hook), l->iface->name, prog);
	hint("attach beside it without a link: leave out --link; or take it off first: %s %s "
	     "--hook %s --id %u",
	     cli_command("unload"), cli_word(l->iface->name), hook_name(at->hook), at->prog_id);
	return -EEXIST;
}

/* It comes before the place that the new program is to have; filters of other chains are not of
 * the row. */
static bool is_before(const struct loading *l, const struct attachment *at)
{
	if (l->old && load_is_atomic(l))
		return at < l->old && !at->chain;
	if (at->by != ATTACH_CLSACT || l->how.by != ATTACH_CLSACT)
		return at->by != ATTACH_CLSACT;
	return !at->chain && at->pref < ATTACH_TC_PREF;
}

void load_tell_row(const struct loading *l)
{
	bool prepares = l->options->no_attach;
	struct ownership verdict;
	char prog[128], place[64];
	bool ours;

	if (l->object->hook == HOOK_XDP)
		return;
	for (size_t i = 0; i < l->attached.len; i++) {
		const struct attachment *at = &l->attached.list[i];

		/* Others say where a prepared one goes, but that no filter comes before tcx. */
		if (at->hook != l->object->hook || (prepares ? at->by != ATTACH_TCX : at == l->old))
			continue;
		ours = load_is_ours(l, at, &verdict);
		prog_words(at->prog_id, prog);
		describe_place(at, place);
		if (prepares)
			note("program %s, %s, is on %s of %s and runs before all filters of tc, "
			     "which do not see what it drops or accepts; it is %s%s",
			     prog, place, hook_name(at->hook), l->iface->name,
			     ours ? "ours: " : "not ours: ", verdict.why);
		else if (is_before(l, at))
			note("program %s, %s, stays on %s of %s and runs before the new one, which "
			     "does not see what that one drops or accepts; it is %s%s",
			     prog, place, hook_name(at->hook), l->iface->name,
			     ours ? "ours: " : "not ours: ", verdict.why);
		else if (ours)
			note("program %s, %s, stays on %s of %s: it is ours as well, %s", prog,
			     place, hook_name(at->hook), l->iface->name, verdict.why);
	}
}
