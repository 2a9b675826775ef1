// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The expected attach type of XDP programs: ours have BPF_XDP, other loaders' none, and the kernel
 * updates a bpf_link only to a program that has the same as the one before.
 */
#include <errno.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/prog_kind.h"
#include "pinning/load_internal.h"

/* The old program stays in its link, which is updated. */
static bool updates_link(const struct loading *l)
{
	return l->old && l->object->hook == HOOK_XDP && l->old->link_id && !l->options->no_attach &&
	       load_is_atomic(l);
}

/* BPF_XDP, 0, or negative where the kernel does not tell. */
static int attach_type_of(int prog_fd)
{
	struct prog_kind kind;
	int err = prog_kind_of(prog_fd, &kind);

	return err ? err : (int)kind.attach_type;
}

/* Of the program that is replaced: BPF_XDP, 0, or negative if it is not known. Reports failures. */
static int old_type(const struct loading *l, int *type)
{
	struct attach_old old;
	int err;

	err = ownership_open(&l->dir, l->old, l->unseen, &old);
	if (err)
		return err;
	*type = attach_type_of(old.prog_fd);
	ownership_close(&old);
	return 0;
}

int load_match_type(struct loading *l)
{
	int type = 0, err = 0;

	if (!updates_link(l) || l->object->loaded)
		return 0;
	if (!l->options->untyped)
		err = old_type(l, &type);
	if (err || type != 0)
		return err;
	detail("the program in link %u has no expected attach type: the new one gets none",
	       l->old->link_id);
	return object_set_attach_type(l->object, 0);
}

bool load_can_match_otherwise(const struct loading *l, int err)
{
	const struct load_options *o = l->options;
	int type;

	return err == -EINVAL && updates_link(l) && !o->untyped && !o->session &&
	       !old_type(l, &type) && type < 0;
}

void load_hint_type(const struct loading *l, int err)
{
	bool typed;
	int type;

	if (err != -EINVAL || !updates_link(l))
		return;
	typed = attach_type_of(l->prog_fd) != 0;
	if (old_type(l, &type) || (type >= 0 && type != (typed ? 0 : BPF_XDP)))
		return;
	if (type < 0 && !l->options->session)
		return; /* both types were tried */
	if (type < 0)
		hint("a link is updated only to a program of the same expected attach type, which "
		     "this kernel does not tell of the one in link %u",
		     l->old->link_id);
	else
		hint("a link is updated only to a program of the same expected attach type: the "
		     "one in link %u has %s, program %u %s",
		     l->old->link_id, typed ? "none" : "BPF_XDP", l->report->prog_id,
		     typed ? "BPF_XDP" : "none");
	hint("without --shared, each interface gets a program that fits; or take that one off: %s "
	     "%s --hook xdp --id %u%s",
	     cli_command("unload"), cli_word(l->iface->name), l->old->prog_id,
	     l->old_foreign ? " --foreign" : "");
}
