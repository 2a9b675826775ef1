// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>
#include "bpffs/libxdp.h"
#include "bpffs/log.h"
#include "pinning/load_internal.h"

static int finish_carrying(struct loading *l)
{
	if (!l->report->carry.len)
		return 0;
	stage_end(&l->stage);
	return carry_conclude(&l->report->carry, &l->fs, l->iface, &l->dir, &l->rec);
}

/* Without CAP_SYS_ADMIN the kernel tells no links of XDP programs; but this one is open here. */
static void find_own_link(const struct loading *l, const struct load_switch *s,
                          struct attachment *how)
{
	int fd = s->link_fd >= 0 ? s->link_fd : s->old.link_fd;
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);

	if (l->how.link && !how->link_id && fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len))
		how->link_id = info.id;
}

/* Switch, and see in the kernel that it is so; else it is to be as before. */
static int switch_unlocked(struct loading *l)
{
	struct explanation *how = &l->object->explanation;
	struct load_report *report = l->report;
	struct load_switch s;
	int err;

	err = load_switch(l, &s);
	explain(how, EXPLAIN_ATTACH, err ? EXPLAIN_REFUSED : EXPLAIN_DONE, "to %s of %s",
	        hook_name(l->object->hook), l->iface->name);
	report->other_type = load_can_match_otherwise(l, err);
	if (err) {
		load_hint_refused(l, err);
		load_hint_type(l, err);
	}
	if (!err) {
		err = attach_verify(l->iface, l->object->hook, report->prog_id,
		                    l->how.link && s.link_fd < 0 ? s.old.link_fd : s.link_fd,
		                    l->netlink, &report->how);
		if (err == -ENOENT)
			err = load_switch_missing(l);
		else if (!err)
			find_own_link(l, &s, &report->how);
		if (err)
			explain(how, EXPLAIN_READ_BACK, EXPLAIN_REFUSED, "%s", log_last_failure());
		else
			explain(how, EXPLAIN_READ_BACK, EXPLAIN_DONE, "program %u by %s",
			        report->prog_id, attach_by_name(report->how.by));
		if (err && !l->lost)
			load_switch_undo(l, &s);
	}
	load_switch_close(&s);
	report->attached = !err;
	report->old_prog_id = l->old ? l->old->prog_id : 0;
	if (!err)
		load_tell_drops(l);
	return err;
}

/* No dispatcher comes in between, nor while it is undone. */
static int switch_and_look(struct loading *l)
{
	int lock_fd = l->how.by == ATTACH_XDP ? libxdp_lock(&l->fs) : -ENOENT, err;

	if (lock_fd < 0 && lock_fd != -ENOENT)
		return lock_fd;
	err = switch_unlocked(l);
	if (lock_fd >= 0)
		close(lock_fd);
	return err;
}

int load_put_on(struct loading *l)
{
	struct explanation *how = &l->object->explanation;
	int err;

	explain_try(how, EXPLAIN_ATTACH);
	err = load_carry_globals(l);
	if (err || !l->options->no_attach)
		return err ? err : switch_and_look(l);
	explain(how, EXPLAIN_ATTACH, EXPLAIN_SKIPPED, "--no-attach");
	return 0;
}

int load_publish(struct loading *l)
{
	struct load_report *report = l->report;
	int err;

	explain_try(&l->object->explanation, EXPLAIN_PINS);
	err = stage_commit(&l->stage, &l->dir, &l->rec);
	if (err && l->stage.switched)
		note("program %u is on %s of %s, but its pins are not in place: the next run of "
		     "any of these tools that changes pins of %s finishes that",
		     report->prog_id, hook_name(l->object->hook), l->iface->name, l->iface->name);
	return err;
}

int load_exchange(struct loading *l)
{
	struct load_report *report = l->report;
	int err;

	explain_try(&l->object->explanation, EXPLAIN_ATTACH);
	err = carry_reconcile(&report->carry);
	if (!err)
		load_tell_joined(l);
	if (!err)
		err = load_put_on(l);
	if (err) {
		if (!l->lost)
			carry_tell_added(&report->carry);
		return err;
	}
	carry_look_elsewhere(&report->carry, &(struct carry_place){
						     .iface = l->iface,
						     .dir = &l->dir,
						     .stage_fd = l->stage.fd,
						     .hook = l->object->hook,
						     .switched = !l->options->no_attach,
					     });
	/* What is only prepared may still come to nothing: then the old maps must be as they were.
	 */
	if (!l->options->no_attach)
		carry_take_over(&report->carry, l->stage.fd);
	err = load_publish(l);
	if (!err)
		report->unfinished = finish_carrying(l) != 0;
	report->gen = l->rec.gen;
	if (!err && l->old && l->old->by == ATTACH_XDP && !l->options->no_attach)
		libxdp_tell_left(&l->fs, l->old->prog_id, l->iface->name);
	return err;
}
