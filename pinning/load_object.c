// SPDX-License-Identifier: GPL-2.0-or-later
/* The object goes into the kernel, with the maps that are pinned for the interface. */
#include <errno.h>
#include <limits.h>
#include "bpffs/log.h"
#include "bpffs/unfinished.h"
#include "pinning/load_internal.h"
#include "pinning/load_together.h"
#include "pinning/notes.h"
#include "pinning/object_maps.h"
#include "pinning/object_types.h"
#include "pinning/reuse_unpinned.h"

/* Nothing of what was made is used yet: it can be made anew. */
static int check_types(struct loading *l)
{
	struct load_session *session = l->options->session;
	const char *map;

	/* They are what they were for the interface before. */
	if (session && session->typed)
		return 0;
	map = object_types_lost(l->object);
	if (session)
		session->typed = !map;
	if (!map)
		return 0;
	if (!l->options->keep_lock) {
		note("map '%s' was made without its types, which the kernel takes by now: "
		     "beginning anew",
		     map);
		l->report->moved = true;
		return -EAGAIN;
	}
	failed(-EAGAIN, "cannot make map '%s' with its types", map);
	hint("without them its content can only be carried over into a map of the same sizes: run "
	     "it again");
	return -EAGAIN;
}

/* What the old program has under the names of the object's maps must not be left behind. */
static int check_unpinned(struct loading *l, const struct reuse_options *how)
{
	const struct reuse_unpinned in = {
		.replaced = &l->replaced,
		.lacks = &l->lacks,
		.owners = &l->owners,
		.how = how,
		.keeps_name = load_keeps_name,
		.prog_id = l->old ? l->old->prog_id : 0,
		.pinned = &l->pinned,
		.replace = l->options->replace,
		.others = l->old_foreign,
	};
	char stage[NAME_MAX + 1];
	int err;

	/* A dry run beside a run that has not ended, which the load has finished by now. */
	if (l->options->dry_run && l->old &&
	    unfinished_find(l->dir.relative, l->old->hook, l->old->prog_id, stage))
		return 0;
	err = load_look_at_replaced(l);
	if (err)
		return err;
	err = reuse_check_unpinned(l->object, &l->dir, &in);
	if (err)
		explain(&l->object->explanation, EXPLAIN_MAPS, EXPLAIN_REFUSED,
		        "a map of the replaced program is not pinned here");
	return err;
}

/* Nothing is replaced: the program that unload took off there had this map. */
static int was_left(const void *context, __u32 map_id)
{
	const struct loading *l = context;

	return l->dir.has_record && notes_has_left(&l->dir.record, l->object->hook, map_id);
}

/* libbpf loads an object once: what was refused for another interface is not tried again. */
static int check_unloaded(struct loading *l)
{
	const struct load_session *session = l->options->session;

	if (!session || !session->unloaded)
		return 0;
	l->report->explained = true;
	return rejected(-ECANCELED,
	                "cannot load onto %s: its program is that of %s, which could not be loaded",
	                l->iface->name, session->unloaded->name);
}

/* The object gets into the kernel: once for all interfaces of a session. */
static int load_into_kernel(const struct loading *l)
{
	int err = object_load(l->object);

	if (err && l->options->session)
		l->options->session->unloaded = l->iface;
	return err;
}

int load_object(struct loading *l)
{
	struct reuse_options reuse = {
		.mismatch = &l->options->mismatch,
		.classes = l->options->classes,
		.carry = &l->report->carry,
		.keeps_name = l->options->no_attach ? load_keeps_name : NULL,
		.runs_on = load_runs_on,
		.parts = load_parts,
		.replaced_uses = l->old                  ? load_replaced_uses
		                 : l->options->no_attach ? NULL
		                                         : was_left,
		.users = load_name_users,
		.gone = !l->old,
		.pinned = &l->pinned,
		.context = l,
		.replaces = l->options->has_expect,
	};
	struct explanation *how = &l->object->explanation;
	const struct interface *alike;
	unsigned int reused = 0;
	int err;

	l->report->shares = l->object->loaded;
	l->report->carry.ifname = l->iface->name;
	if (load_is_together(l)) {
		l->report->carry.hint_first = load_hint_first;
		l->report->carry.context = l;
	}
	/* What was carried over into the maps that all get is in its place with another one. */
	if (l->report->shares && load_is_together(l))
		reuse.carry = l->options->session->carry;
	explain_try(how, l->report->shares ? EXPLAIN_PINS : EXPLAIN_MAPS);
	err = check_unloaded(l);
	if (!err)
		err = check_unpinned(l, &reuse);
	if (err)
		return err;
	if (l->report->shares) {
		err = check_types(l);
		if (!err)
			err = reuse_check_shared(l->object, &l->dir, &reuse);
		return err || !load_is_together(l) ? err : load_share_carry(l);
	}
	err = load_look_for_sharers(l);
	if (err)
		return err;
	alike = load_refused_alike(l);
	if (alike) {
		explain(how, EXPLAIN_MAPS, EXPLAIN_REFUSED, "they are those of %s", alike->name);
		return rejected(-EINVAL,
		                "cannot load onto %s: its maps are those of %s, which do not do",
		                l->iface->name, alike->name);
	}
	err = reuse_maps(l->object, &l->dir, &reuse, &reused);
	if (err) {
		if (err == -EINVAL || err == -EOPNOTSUPP)
			load_note_refused(l);
		explain(how, EXPLAIN_MAPS, EXPLAIN_REFUSED, "a pinned map does not fit the object");
		return err;
	}
	if (load_is_together(l)) {
		err = load_join_others(l);
		l->options->session->join_refused = err;
	}
	if (!err)
		err = load_find_sharers(l);
	if (err)
		return err;
	load_tell_shared(l);
	if (!object_maps_count(l->object))
		explain(how, EXPLAIN_MAPS, EXPLAIN_DONE, "the object has none");
	else
		explain(how, EXPLAIN_MAPS, EXPLAIN_DONE,
		        "%u of %zu reused, %zu carried over, the rest new", reused,
		        object_maps_count(l->object), l->report->carry.len);
	err = l->options->join && !l->options->dry_run ? load_join(l) : load_into_kernel(l);
	if (!err && !(l->options->join && !l->options->dry_run))
		err = check_types(l);
	if (!err)
		load_tell_lost(l);
	if (!err && l->options->dry_run)
		return carry_foresee(&l->report->carry);
	/* The bulk of it; what changes meanwhile is brought over at the switch. */
	return err ? err : load_copy(l);
}
