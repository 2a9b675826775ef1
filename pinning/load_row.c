// SPDX-License-Identifier: GPL-2.0-or-later
/* On a tc hook programs stand in a row: which of them makes room, and who comes before the new one.
 */
#include <errno.h>
#include <stdio.h>
#include "bpffs/log.h"
#include "pinning/load_internal.h"

/* "clsact pref 5 handle 1", "tcx by link". */
static void describe_place(const struct attachment *at, char out[64])
{
	if (at->by == ATTACH_CLSACT)
		snprintf(out, 64, "clsact pref %u handle %u", at->pref, at->handle);
	else
		snprintf(out, 64, "%s", load_how_name(at->by, at->mode, at->link_id));
}

/* What --expect can name, one a line. */
static void list_row(const struct loading *l, bool ours, const char *also)
{
	struct ownership verdict;
	char prog[128], place[64];

	for (size_t i = 0; i < l->attached.len; i++) {
		const struct attachment *at = &l->attached.list[i];

		if (at->hook != l->object->hook || load_is_ours(l, at, &verdict) != ours)
			continue;
		load_describe_prog(at, prog);
		describe_place(at, place);
		hint("program %s, %s: --expect %u%s", prog, place, at->prog_id, also);
	}
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

int load_find_in_row(struct loading *l)
{
	const struct attachment *loaded = NULL;
	size_t ours = 0, by_load = 0, others = 0;
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
	struct ownership verdict;
	char prog[128], place[64];
	bool ours;

	if (l->object->hook == HOOK_XDP || l->options->no_attach)
		return;
	for (size_t i = 0; i < l->attached.len; i++) {
		const struct attachment *at = &l->attached.list[i];

		if (at == l->old || at->hook != l->object->hook)
			continue;
		ours = load_is_ours(l, at, &verdict);
		load_describe_prog(at, prog);
		describe_place(at, place);
		if (is_before(l, at))
			note("program %s, %s, stays on %s of %s and runs before the new one, which "
			     "does not see what that one drops or accepts; it is %s%s",
			     prog, place, hook_name(at->hook), l->iface->name,
			     ours ? "ours: " : "not ours: ", verdict.why);
		else if (ours)
			note("program %s, %s, stays on %s of %s: it is ours as well, %s", prog,
			     place, hook_name(at->hook), l->iface->name, verdict.why);
	}
}
