// SPDX-License-Identifier: GPL-2.0-or-later
/* The global variables of the program that is replaced: what is lost with them is said. */
#include <errno.h>
#include "bpffs/log.h"
#include "pinning/load_internal.h"

/* One set of maps for several interfaces cannot take over from several programs, and what is only
 * prepared takes over from none. */
static bool can_carry(const struct loading *l)
{
	const struct load_session *session = l->options->session;

	return !l->options->no_attach && !(session && session->interfaces > 1);
}

static void tell(const struct loading *l)
{
	const struct globals *g = &l->report->globals;
	const struct live_prog *old = g->old.progs;
	struct load_session *session = l->options->session;
	bool comes = l->options->no_attach || l->options->dry_run;

	if (g->all.carried)
		note("global variables of program %s (id %u) are carried over: %u; what it writes "
		     "to them between the copy, directly before the switch, and the switch is lost",
		     old->name, old->id, g->all.carried);
	/* Several interfaces had the same one. */
	if (!g->all.lost || (session && session->told_prog == old->id))
		return;
	if (session)
		session->told_prog = old->id;
	note("global variables of program %s (id %u) %sbegin anew in the new one: %s", old->name,
	     old->id, comes ? "would " : "", g->all.names);
	hint("what is to outlive its program belongs into a map of its own, which is used on");
	if (can_carry(l) && g->all.alike && l->options->mismatch.all != MISMATCH_MIGRATE)
		hint("or carry over what the new one has by the same name: --on-mismatch migrate");
}

int load_look_at_globals(struct loading *l)
{
	struct load_session *session = l->options->session;
	struct globals *g = &l->report->globals;
	const struct attachment *old = l->old;
	int err;

	/* The interface before had the same program: it has no more to lose here than there. */
	if (session && old && old->prog_id == session->plain_prog)
		old = NULL;
	err = globals_find(g, l->object, old, can_carry(l) ? &l->options->mismatch : NULL);
	if (err == -EPERM) {
		detail("what the replaced program has in global variables is not looked at without "
		       "CAP_SYS_ADMIN");
		return 0;
	}
	if (err)
		return failed(err, "cannot look at the global variables of program %u",
		              l->old ? l->old->prog_id : l->report->prog_id);
	tell(l);
	if (session && old && globals_old_has_none(g))
		session->plain_prog = old->prog_id;
	return 0;
}

int load_carry_globals(struct loading *l)
{
	int err = globals_carry(&l->report->globals);

	return err ? failed(err, "cannot carry the global variables of program %u over",
	                    l->old->prog_id)
	           : 0;
}
