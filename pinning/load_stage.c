// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/layout.h"
#include "pinning/load_drops.h"
#include "pinning/load_internal.h"
#include "pinning/notes.h"
#include "pinning/object_maps.h"

/* The kernel's id, name and our file name of the program that was loaded. */
int load_describe(struct loading *l)
{
	struct load_session *session = l->options->session;
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	l->prog_fd = bpf_program__fd(l->object->prog);
	/* Several interfaces get the same program. */
	if (session && session->prog_id) {
		info.id = session->prog_id;
		memcpy(info.name, session->prog_name, sizeof(info.name));
	} else if (bpf_obj_get_info_by_fd(l->prog_fd, &info, &len)) {
		return failed(-errno, "cannot query program %s",
		              bpf_program__name(l->object->prog));
	}
	l->report->prog_id = info.id;
	/* libbpf leaves the name out where it thinks that the kernel takes none. */
	snprintf(l->report->prog_name, sizeof(l->report->prog_name), "%s",
	         *info.name ? info.name : bpf_program__name(l->object->prog));
	if (session) {
		session->prog_id = info.id;
		memcpy(session->prog_name, info.name, sizeof(session->prog_name));
	}
	snprintf(l->report->prog_path, sizeof(l->report->prog_path), "%.3000s/%s/%s/%s",
	         l->dir.path, DIRECTORY_PROGS, hook_name(l->object->hook), l->prog_file);
	return 0;
}

/* What the object has is asked once for several interfaces, unless others may change it. */
static bool is_asked_once(const struct loading *l)
{
	struct bpf_map *map;

	if (!l->options->session || l->live.progs_len)
		return false;
	bpf_object__for_each_map(map, l->object->obj)
		if (bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY)
			return false;
	return true;
}

/* The program that was loaded, with its maps and the programs that it can call. */
static int add_own(struct loading *l)
{
	struct live *own = is_asked_once(l) ? &l->options->session->own : NULL;
	struct bpf_map *map;
	int err;

	if (own && own->progs_len)
		return live_borrow(&l->live, own);
	err = live_add_prog(&l->live, l->object->hook, l->prog_fd, 0);
	bpf_object__for_each_map(map, l->object->obj) {
		if (!err && object_map_counts(map))
			err = live_add_map(&l->live, l->object->hook, l->prog_fd, l->prog_fd,
			                   bpf_map__fd(map), object_map_name(l->object, map));
	}
	if (!err)
		err = load_add_tails(l);
	if (err || !own)
		return err;
	*own = l->live;
	return live_borrow(&l->live, own);
}

/* Programs and maps as they will be in use after the switch. */
int load_foresee(struct loading *l)
{
	struct attachments others;
	struct recalled lacks;
	int err;

	err = load_find_others(l, &others);
	if (!err)
		err = live_query(&l->live, &others);
	if (err == -EPERM) {
		detail("what others have attached cannot be opened by id without CAP_SYS_ADMIN");
		l->blind = true;
		err = live_recall(&l->live, &lacks, &others, &l->attached, &l->dir);
		if (err) {
			attachments_free(&others);
			return err;
		}
	}
	attachments_free(&others);
	if (!err)
		err = add_own(l);
	return err ? failed(err, "cannot look at the programs on %s", l->iface->name) : 0;
}

static struct load_drops describe_drops(struct loading *l)
{
	return (struct load_drops){
		.dir = &l->dir,
		.attached = &l->attached,
		.old = l->old,
		.old_file = l->old_file,
		.hook = l->object->hook,
		.prog = l->prog_file,
		.link = l->how.link,
		.prog_id = l->report->prog_id,
		.plan = &l->report->plan,
		.live = &l->live,
		.unseen = l->unseen,
	};
}

/* libbpf asks the kernel whether it takes names, and takes any failure of that for a no. */
static void tell_nameless(const struct loading *l)
{
	const struct plan *plan = &l->report->plan;

	for (size_t i = 0; i < plan->len; i++) {
		const struct plan_map *map = &plan->maps[i];

		if (map->prog_id == l->report->prog_id && map->hook == l->object->hook &&
		    (map->state == PLAN_PINNED || map->state == PLAN_REPLACED) && !*map->info.name)
			note("map '%s' (id %u) has no name in the kernel: libbpf could not find "
			     "out whether it takes names; only its pin says which it is",
			     map->name, map->info.id);
	}
}

/* How many interfaces got the program's maps at once; one that goes on with them changes nothing.
 */
static unsigned int count_sharers(const struct loading *l)
{
	if (l->options->session)
		return l->options->session->interfaces;
	return l->shared_len || load_leaves_shared(l)
	               ? notes_get_shared(&l->dir.record, l->object->hook)
	               : 1;
}

/* Prepared by a user, who has yet to attach it, or puts it on again and again. */
static bool is_wanted(const struct loading *l, __u32 prog_id)
{
	return cli_for_plugin() && l->dir.has_record &&
	       notes_has_wanted(&l->dir.record, l->object->hook, prog_id);
}

/* Those of a row keep their pins, and can be taken out of it and put in again. */
static void keep_wanted(struct loading *l)
{
	enum hook hook = l->object->hook;

	notes_drop_wanted(&l->rec, hook);
	for (size_t i = 0; l->dir.has_record && i < l->live.progs_len; i++) {
		const struct live_prog *prog = &l->live.progs[i];

		if (prog->hook == hook && notes_has_wanted(&l->dir.record, hook, prog->id))
			notes_add_wanted(&l->rec, hook, prog->id);
	}
}

/* A program that loses its name to the new one keeps a pin beside it. */
static bool keeps_pin(const struct loading *l, const struct load_drops *drops, __u32 prog_id)
{
	if (prog_id == l->report->prog_id)
		return false;
	if (!l->options->no_attach)
		return load_prog_stays(drops, prog_id);
	return is_wanted(l, prog_id) || attachments_has(&l->attached, l->object->hook, prog_id);
}

/*
 * The new program takes the name that others attach it by. One that runs on and is pinned there is
 * known as ours by its pin alone: it keeps one beside it. So does one that others prepared, if the
 * new one is for a filter of tc: it gets its name back once that is gone.
 */
static int stage_beside(struct loading *l, const struct load_drops *drops)
{
	char path[NAME_SIZE * 2], old[NAME_SIZE];
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd, err = 0;

	snprintf(path, sizeof(path), "%s/%s/%s", DIRECTORY_PROGS, hook_name(l->object->hook),
	         l->prog_file);
	fd = pin_open(l->dir.fd, path, 0);
	if (fd == -ENOENT || fd == -EINVAL || fd == -ELOOP)
		return 0;
	if (fd >= 0 && pin_kind_of(fd) == PIN_PROG && bpf_obj_get_info_by_fd(fd, &info, &len))
		err = -errno;
	if (fd < 0 || err) {
		failed(fd < 0 ? fd : err, "cannot look at %s in %s", path, l->dir.path);
	} else if (info.id && keeps_pin(l, drops, info.id)) {
		err = mapname_old(l->prog_file, info.id, old, sizeof(old));
		if (err)
			failed(err, "cannot name the pin of program %u", info.id);
		else
			err = stage_add_prog(&l->stage, l->object->hook, old, fd);
		/* Of a filter that is replaced, the plugin drops it when all is done. */
		if (!err && !cli_for_plugin())
			note("program %u, which is on %s of %s, is pinned as %s now", info.id,
			     hook_name(l->object->hook), l->iface->name, old);
	}
	if (fd < 0)
		return fd;
	close(fd);
	return err;
}

/* What goes; stage is NULL in a dry run. */
static int stage_drops(const struct loading *l, const struct load_drops *drops, struct stage *stage)
{
	return l->options->no_attach ? load_stage_unused(drops, stage)
	                             : load_stage_drops(drops, stage);
}

/* What becomes of the programs that are there already. */
static int stage_old_progs(struct loading *l)
{
	const struct load_drops drops = describe_drops(l);
	int err = stage_beside(l, &drops);

	return err ? err : stage_drops(l, &drops, &l->stage);
}

/* What of that changes the plan. */
static int dry_run(struct loading *l)
{
	const struct load_drops drops = describe_drops(l);
	int err = carry_stage(&l->report->carry, &l->report->plan, NULL);

	return err ? err : stage_drops(l, &drops, NULL);
}

/* Stage pins, programs and records: after this only the switch is missing. */
int load_stage_all(struct loading *l)
{
	const struct plan_input in = {
		.iface = l->iface,
		.dir = &l->dir,
		.live = &l->live,
		.owners = &l->owners,
		/* Else it took some time to load it since. */
		.pinned = l->report->shares ? &l->pinned : NULL,
	};
	int err;

	/* What is published is all that runs. */
	err = attachments_check(&l->attached, l->iface);
	if (!err)
		err = plan_make(&l->report->plan, &in);
	if (!err)
		err = load_check_names(l);
	if (!err)
		err = load_drop_parted(l);
	if (!err && !l->report->shares)
		tell_nameless(l);
	if (err)
		return err;
	if (l->options->dry_run)
		return dry_run(l);
	plan_record(&l->report->plan, &in, &l->rec);
	for (int hook = 0; hook < HOOKS; hook++)
		if (l->blind && l->dir.has_record && hook != (int)l->object->hook)
			l->rec.hooks[hook] = l->dir.record.hooks[hook];
	err = notes_set_section(&l->rec, l->object->hook,
	                        bpf_program__section_name(l->object->prog));
	if (!err)
		err = notes_set_prepared(&l->rec, l->object->hook,
		                         l->options->no_attach ? l->report->prog_id : 0);
	if (!l->options->no_attach)
		keep_wanted(l);
	else if (!cli_for_plugin())
		notes_add_wanted(&l->rec, l->object->hook, l->report->prog_id);
	if (!err && l->object->hook == HOOK_XDP)
		err = notes_set_mode(&l->rec, l->how.link ? l->how.mode : XDP_MODE_NONE);
	/* Now there is one, or another way was asked for. */
	if (!err && !l->options->no_attach)
		err = notes_set_dead_link(&l->rec, l->object->hook, false);
	/* It went on with that, or the user did not want it. */
	if (!l->options->no_attach)
		notes_drop_left(&l->rec, l->object->hook);
	if (!err)
		err = notes_set_shared(&l->rec, l->object->hook, count_sharers(l));
	if (!err)
		err = plan_stage(&l->report->plan, &l->live, &l->stage);
	if (!err)
		err = layout_stage(&l->report->plan, l->object->obj, &l->dir, &l->stage);
	if (!err)
		err = carry_stage(&l->report->carry, &l->report->plan, &l->stage);
	if (!err)
		load_tell_followers(l);
	if (!err)
		err = stage_add_prog(&l->stage, l->object->hook, l->prog_file, l->prog_fd);
	/* In a directory that is made whole, there is nothing of before. */
	if (!err && !l->stage.whole)
		err = stage_old_progs(l);
	if (!err && !l->options->no_attach)
		err = stage_switch(&l->stage, l->object->hook, l->old ? l->old->prog_id : 0,
		                   l->report->prog_id);
	if (!err)
		err = stage_seal(&l->stage, &l->dir, &l->rec);
	if (err)
		explain(&l->object->explanation, EXPLAIN_PINS, EXPLAIN_REFUSED, "%s",
		        log_last_failure());
	else
		explain(&l->object->explanation, EXPLAIN_PINS, EXPLAIN_DONE, "prepared for %.200s",
		        l->dir.path);
	return err;
}
