// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * --join: the program comes behind a dispatcher of libxdp, which does the switch. What is pinned
 * then is what runs, as pin_maps does it; until that, a kill leaves maps that pin_maps will find.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/cli.h"
#include "bpffs/components.h"
#include "bpffs/libxdp.h"
#include "bpffs/log.h"
#include "pinning/join.h"
#include "pinning/layout.h"
#include "pinning/load_internal.h"

static const struct attachment *find_xdp(const struct attachments *attached)
{
	for (size_t i = 0; i < attached->len; i++)
		if (attached->list[i].by == ATTACH_XDP)
			return &attached->list[i];
	return NULL;
}

/* libxdp would take them for programs behind the dispatcher as well. */
static int check_others(const struct loading *l)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, l->object->obj) {
		if (prog == l->object->prog || !bpf_program__autoload(prog))
			continue;
		return rejected(
			-EOPNOTSUPP,
			"cannot put program %s behind a dispatcher: it may call %s through a "
			"program array",
			bpf_program__name(l->object->prog), bpf_program__name(prog));
	}
	return 0;
}

static int refuse(const struct loading *l, const struct attachment *at,
                  const struct ownership *verdict)
{
	rejected(-EEXIST,
	         "cannot join on xdp of %s: program %u is there, which is no dispatcher: %s",
	         l->iface->name, at->prog_id, verdict->why);
	hint("take it off first: %s %s --hook xdp --id %u%s; or replace it: without --join%s",
	     cli_command("unload"), cli_word(l->iface->name), at->prog_id,
	     verdict->ours ? "" : " --foreign", verdict->ours ? "" : ", with --replace");
	return -EEXIST;
}

/* libxdp would say that an argument list is too long. */
static int check_room(const struct loading *l, const struct attachment *at)
{
	struct components all;
	size_t len;

	if (components_find(&all, at->prog_id))
		return 0;
	len = all.len;
	components_free(&all);
	if (len < LIBXDP_SLOTS)
		return 0;
	rejected(-E2BIG,
	         "cannot join on xdp of %s: a dispatcher holds %d programs, and program %u has as "
	         "many",
	         l->iface->name, LIBXDP_SLOTS, at->prog_id);
	hint("take one off: xdp-loader unload %s --id ID; they are listed by %s %s",
	     cli_word(l->iface->name), cli_command("status"), cli_word(l->iface->name));
	return -E2BIG;
}

int load_choose_join(struct loading *l)
{
	const struct attachment *at = find_xdp(&l->attached);
	const struct load_options *o = l->options;
	struct ownership verdict;
	int err;

	l->how = (struct attach_how){
		.hook = HOOK_XDP,
		.by = ATTACH_XDP,
		.mode = o->has_mode ? o->mode : XDP_MODE_NATIVE,
	};
	if (at && !load_is_ours(l, at, &verdict) && verdict.dispatcher) {
		if (!o->has_mode || o->mode == XDP_MODE_NONE)
			l->how.mode = at->mode;
		if (l->how.mode != at->mode)
			return rejected(
				-EEXIST,
				"cannot join on xdp of %s in %s mode: the dispatcher, program "
				"%u, is there in %s mode",
				l->iface->name, xdp_mode_name(l->how.mode), at->prog_id,
				xdp_mode_name(at->mode));
	} else if (at) {
		return refuse(l, at, &verdict);
	}
	if (at) {
		err = check_room(l, at);
		if (err)
			return err;
	}
	return check_others(l);
}

/*
 * Where it makes a dispatcher libxdp takes the lock itself, so it cannot be held; where it attaches
 * the program alone it takes none.
 */
static int wait_for_libxdp(const struct bpffs *fs)
{
	int fd = libxdp_lock(fs);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	close(fd);
	return 0;
}

int load_join(struct loading *l)
{
	struct object *object = l->object;
	int err;

	err = explain_begin_load(&object->explanation, object->obj, object->prog);
	if (err)
		return failed(err, "cannot load program %s", bpf_program__name(object->prog));
	err = wait_for_libxdp(&l->fs);
	if (!err)
		err = join_dispatcher(object->obj, object->prog, l->iface,
		                      xdp_mode_name(l->how.mode), !l->options->keep_lock);
	/* Somebody was faster: what is on the hook by now decides. The object was used up. */
	l->report->moved = err == -EBUSY && !l->options->keep_lock;
	object->loaded = bpf_program__fd(object->prog) >= 0;
	explain_end_load(&object->explanation, object->prog, object->loaded ? 0 : err);
	/* libxdp gave up before anything was loaded. */
	if (!object->loaded && object->explanation.end == EXPLAIN_END_UNKNOWN &&
	    !*object->explanation.last_warning)
		explain(&object->explanation, EXPLAIN_RELOCATE, EXPLAIN_NOT_REACHED, "%s", "");
	explain(&object->explanation, EXPLAIN_ATTACH, err ? EXPLAIN_REFUSED : EXPLAIN_DONE,
	        "by libxdp to xdp of %s", l->iface->name);
	return err;
}

/* Where it is by now: behind a dispatcher, or alone. */
static int read_back(struct loading *l)
{
	struct load_report *report = l->report;
	const struct attachment *at = find_xdp(&l->attached);
	struct components all;
	bool found;

	if (!at || components_find(&all, at->prog_id))
		memset(&all, 0, sizeof(all));
	found = at && at->prog_id == report->prog_id;
	if (at)
		report->how = *at;
	for (size_t i = 0; i < all.len; i++) {
		if (all.list[i].prog_id != report->prog_id)
			continue;
		found = true;
		report->how.link_id = all.list[i].link_id;
		report->dispatcher_id = at->prog_id;
	}
	components_free(&all);
	explain(&l->object->explanation, EXPLAIN_READ_BACK, found ? EXPLAIN_DONE : EXPLAIN_REFUSED,
	        "program %u behind program %u", report->prog_id, report->dispatcher_id);
	if (!found)
		return rejected(-ENOENT, "cannot find program %u on xdp of %s after joining",
		                report->prog_id, l->iface->name);
	if (!report->dispatcher_id)
		note("libxdp attached program %u to %s without a dispatcher", report->prog_id,
		     l->iface->name);
	report->attached = true;
	return 0;
}

/* In the report the maps of the program are its own, whoever uses them as well. */
static void own_maps(const struct loading *l)
{
	struct load_report *report = l->report;
	struct bpf_map_info info;
	struct bpf_map *map;

	bpf_object__for_each_map(map, l->object->obj) {
		__u32 len = sizeof(info);

		memset(&info, 0, sizeof(info));
		if (bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &len))
			continue;
		for (size_t i = 0; i < report->plan.len; i++)
			if (report->plan.maps[i].hook == HOOK_XDP &&
			    report->plan.maps[i].info.id == info.id)
				report->plan.maps[i].prog_id = report->prog_id;
	}
}

static int publish(struct loading *l)
{
	const struct plan_input in = {
		.iface = l->iface,
		.dir = &l->dir,
		.live = &l->live,
		.owners = &l->owners,
		/* What the program goes on with stays where it is, whoever runs before it. */
		.keep_names = true,
	};
	int err;

	err = attachments_check(&l->attached, l->iface);
	if (err)
		return err;
	err = live_query(&l->live, &l->attached);
	if (err)
		return access_programs_refused(err, l->iface->name, "CAP_SYS_ADMIN");
	err = plan_make(&l->report->plan, &in);
	if (err)
		return err;
	plan_record(&l->report->plan, &in, &l->rec);
	err = plan_stage(&l->report->plan, &l->live, &l->stage);
	if (!err)
		err = layout_stage(&l->report->plan, l->object->obj, &l->dir, &l->stage);
	if (!err)
		err = stage_publish(&l->stage, &l->dir, &l->rec);
	if (err)
		explain(&l->object->explanation, EXPLAIN_PINS, EXPLAIN_REFUSED, "%s",
		        log_last_failure());
	else
		explain(&l->object->explanation, EXPLAIN_PINS, EXPLAIN_DONE, "in %.200s",
		        l->dir.path);
	l->report->gen = l->rec.gen;
	own_maps(l);
	return err;
}

int load_publish_joined(struct loading *l)
{
	int err;

	*l->report->prog_path = '\0';
	attachments_free(&l->attached);
	err = load_look(l);
	if (!err)
		err = read_back(l);
	if (!err)
		err = publish(l);
	if (err)
		hint("the program is on, or was; pin what runs there: %s %s",
		     cli_command("pin_maps"), cli_word(l->iface->name));
	return err;
}
