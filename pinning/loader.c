// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/claim.h"
#include "bpffs/links.h"
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/owners.h"
#include "bpffs/pin.h"
#include "bpffs/recover.h"
#include "bpffs/stage.h"
#include "pinning/attach.h"
#include "pinning/load_drops.h"
#include "pinning/loader.h"
#include "pinning/ownership.h"
#include "pinning/reuse.h"

/* A link that is made again, while it has no place yet. */
#define RESTORED_LINK "%restored"

/* Everything that one load works with. */
struct loading {
	const struct interface *iface;
	const struct load_options *options;
	struct load_report *report;
	struct bpffs fs;
	struct object *object;
	struct attachments attached;
	struct directory dir;
	struct owners owners;
	struct stage stage;
	const struct attachment *old; /* the attachment that is to be replaced, or NULL */
	bool old_foreign;             /* which is not ours */
	struct attach_how how;
	struct live live; /* as it will be after the switch */
	bool blind;       /* of which only our own program is known */
	struct record rec;
	int prog_fd;
};

/* The kernel's id, name and our file name of the program that was loaded. */
static int describe(struct loading *l)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	l->prog_fd = bpf_program__fd(l->object->prog);
	if (bpf_obj_get_info_by_fd(l->prog_fd, &info, &len))
		return failed(-errno, "cannot query program %s",
		              bpf_program__name(l->object->prog));
	l->report->prog_id = info.id;
	/* libbpf leaves the name out where it thinks that the kernel takes none. */
	snprintf(l->report->prog_name, sizeof(l->report->prog_name), "%s",
	         *info.name ? info.name : bpf_program__name(l->object->prog));
	snprintf(l->report->prog_path, sizeof(l->report->prog_path), "%.3000s/%s/%s/%s",
	         l->dir.path, DIRECTORY_PROGS, hook_name(l->object->hook),
	         bpf_program__name(l->object->prog));
	return 0;
}

/* Is it ours? Else say whose it is, as far as can be told. */
static bool is_ours(const struct loading *l, const struct attachment *at, struct ownership *verdict)
{
	ownership_of(at, l->dir.fd >= 0 ? &l->dir : NULL, &l->owners, verdict);
	return verdict->ours;
}

/* "native by link", "clsact": for messages; two of them may stand in one. */
static const char *how_name(enum attach_by by, enum xdp_mode mode, bool link)
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

/* "xdp_pass (id 12, tag 0123456789abcdef)", or only the id without CAP_SYS_ADMIN. */
static void describe_old(const struct attachment *at, char out[128])
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(at->prog_id), n;

	snprintf(out, 128, "%u", at->prog_id);
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len)) {
		n = snprintf(out, 128, "%s (id %u, tag ", info.name, at->prog_id);
		for (size_t i = 0; i < sizeof(info.tag); i++)
			n += snprintf(out + n, 128 - n, "%02x", info.tag[i]);
		snprintf(out + n, 128 - n, ")");
	}
	close(fd);
}

static int refuse_foreign(const struct loading *l, const struct attachment *at,
                          const struct ownership *verdict)
{
	char prog[128];

	describe_old(at, prog);
	failed(-EEXIST, "cannot load onto %s of %s: program %s is there, %s, and is not ours: %s",
	       hook_name(at->hook), l->iface->name, prog, how_name(at->by, at->mode, at->link_id),
	       verdict->why);
	if (!at->link_id && !strcmp(verdict->why, "not adopted"))
		hint("adopt it first: %s %s; or replace it all the same: --replace",
		     cli_command("pin_maps"), cli_word(l->iface->name));
	else
		hint("replace it all the same: --replace");
	return -EEXIST;
}

static int refuse_unexpected(const struct loading *l)
{
	char prog[24] = "no program";

	if (l->old)
		snprintf(prog, sizeof(prog), "program %u", l->old->prog_id);
	else if (l->object->hook != HOOK_XDP)
		strcpy(prog, "none of ours");
	failed(-EEXIST, "cannot load onto %s of %s: %s is there, not the expected %u",
	       hook_name(l->object->hook), l->iface->name, prog, l->options->expect);
	return -EEXIST;
}

/* The attachment of the program that --expect names, or NULL. */
static const struct attachment *find_expected(const struct loading *l)
{
	const struct load_options *o = l->options;

	for (size_t i = 0; o->has_expect && i < l->attached.len; i++)
		if (l->attached.list[i].hook == l->object->hook &&
		    l->attached.list[i].prog_id == o->expect)
			return &l->attached.list[i];
	return NULL;
}

/*
 * Which attachment makes room. XDP has one place; a tc hook has many, of which one is ours, and
 * what others have there runs beside it, unless --expect names it.
 */
static int find_old(struct loading *l)
{
	const struct load_options *o = l->options;
	struct ownership verdict;
	bool ours = true;

	l->old = find_expected(l);
	if (l->old)
		ours = is_ours(l, l->old, &verdict);
	for (size_t i = 0; i < l->attached.len && !l->old; i++) {
		const struct attachment *at = &l->attached.list[i];

		if (at->hook != l->object->hook)
			continue;
		ours = is_ours(l, at, &verdict);
		if (ours || (at->by == ATTACH_XDP && !o->no_attach))
			l->old = at;
	}
	if (o->has_expect && (l->old ? l->old->prog_id : 0) != o->expect)
		return refuse_unexpected(l);
	l->old_foreign = l->old && !ours;
	return l->old_foreign && !o->replace ? refuse_foreign(l, l->old, &verdict) : 0;
}

/* How to attach: as asked for, else as the old one is, else native by netlink, or clsact. */
static void choose_how(struct loading *l)
{
	const struct load_options *o = l->options;
	const struct attachment *old = l->old;

	l->how.hook = l->object->hook;
	if (l->object->hook == HOOK_XDP) {
		l->how.by = ATTACH_XDP;
		l->how.mode = o->has_mode ? o->mode : XDP_MODE_NATIVE;
		if (old && (!o->has_mode || o->mode == XDP_MODE_NONE))
			l->how.mode = old->mode;
	} else {
		l->how.by = ATTACH_CLSACT;
		if (o->has_tc)
			l->how.by = o->tc;
		else if (o->link)
			l->how.by = ATTACH_TCX;
		else if (old)
			l->how.by = old->by;
	}
	l->how.link = l->how.by != ATTACH_CLSACT && (o->link || (old && old->link_id));
}

/* The old attachment can be exchanged in one step: same hook, same mode, same kind. */
static bool is_atomic(const struct loading *l)
{
	return l->old->by == l->how.by && !!l->old->link_id == l->how.link &&
	       (l->how.by != ATTACH_XDP || l->old->mode == l->how.mode);
}

/*
 * What stays attached of that which is ours or was published before: a load does not adopt the
 * programs of others that it finds.
 */
static int find_others(const struct loading *l, struct attachments *others)
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
		    is_ours(l, at, &verdict))
			others->list[len++] = *at;
	}
	if (!err)
		others->len = len;
	return err;
}

/* Programs and maps as they will be in use after the switch. */
static int foresee(struct loading *l)
{
	struct attachments others;
	struct bpf_map *map;
	int err;

	err = find_others(l, &others);
	if (!err) {
		err = live_query(&l->live, &others);
		attachments_free(&others);
	}
	if (err == -EPERM) {
		detail("what others have attached cannot be opened by id without CAP_SYS_ADMIN");
		l->blind = true;
		err = 0;
	}
	if (!err)
		err = live_add_prog(&l->live, l->object->hook, l->prog_fd);
	bpf_object__for_each_map(map, l->object->obj) {
		if (!err && !object_map_is_internal(map))
			err = live_add_map(&l->live, l->object->hook, l->prog_fd, bpf_map__fd(map),
			                   object_map_name(l->object, map));
	}
	return err ? failed(err, "cannot look at the programs on %s", l->iface->name) : 0;
}

static int stage_drops(struct loading *l)
{
	const struct load_drops drops = {
		.dir = &l->dir,
		.attached = &l->attached,
		.old = l->old,
		.hook = l->object->hook,
		.prog = bpf_program__name(l->object->prog),
		.link = l->how.link,
		.prog_id = l->report->prog_id,
		.plan = &l->report->plan,
	};

	return load_stage_drops(&drops, &l->stage);
}

/* Stage pins, programs and records: after this only the switch is missing. */
static int stage_all(struct loading *l)
{
	const struct plan_input in = {
		.iface = l->iface,
		.dir = &l->dir,
		.live = &l->live,
		.owners = &l->owners,
	};
	const char *prog = bpf_program__name(l->object->prog);
	int err;

	err = plan_make(&l->report->plan, &in);
	if (err || l->options->dry_run)
		return err;
	plan_record(&l->report->plan, &in, &l->rec);
	for (int hook = 0; hook < HOOKS; hook++)
		if (l->blind && l->dir.has_record && hook != (int)l->object->hook)
			l->rec.hooks[hook] = l->dir.record.hooks[hook];
	err = ownership_note_section(&l->rec, l->object->hook,
	                             bpf_program__section_name(l->object->prog));
	if (!err)
		err = plan_stage(&l->report->plan, &l->live, &l->stage);
	if (!err)
		err = stage_add_prog(&l->stage, l->object->hook, prog, l->prog_fd);
	if (!err && !l->options->no_attach)
		err = stage_drops(l);
	if (!err && !l->options->no_attach)
		err = stage_switch(&l->stage, l->object->hook, l->old ? l->old->prog_id : 0,
		                   l->report->prog_id);
	if (!err)
		err = stage_seal(&l->stage, &l->dir, &l->rec);
	explain(&l->object->explanation, EXPLAIN_PINS, err ? EXPLAIN_REFUSED : EXPLAIN_DONE,
	        "prepared for %.200s", l->dir.path);
	return err;
}

/* The new program was refused after the old one had gone: put that one back as it was. */
static void restore_old(struct loading *l, const struct attach_old *old)
{
	struct attach_how how = {
		.hook = old->at->hook,
		.by = old->at->by,
		.mode = old->at->mode,
		.link = old->at->link_id != 0,
	};
	char path[NAME_SIZE];
	int link_fd, err;

	err = attach_new(l->iface, &how, old->prog_fd, &link_fd);
	if (!err && link_fd >= 0) {
		snprintf(path, sizeof(path), "%s/%s", DIRECTORY_LINKS, hook_name(how.hook));
		err = pin_create(l->stage.fd, RESTORED_LINK, link_fd);
		if (!err && renameat(l->stage.fd, RESTORED_LINK, l->dir.fd, path))
			err = -errno;
		close(link_fd);
	}
	if (err)
		failed(err, "cannot put program %u back on %s of %s", old->at->prog_id,
		       hook_name(how.hook), l->iface->name);
	else
		note("program %u is back on %s of %s", old->at->prog_id, hook_name(how.hook),
		     l->iface->name);
}

/* Take the old program off and put the new one on: for a change of mode or of kind. */
static int exchange_in_two_steps(struct loading *l, const struct attach_old *old, int *link_fd)
{
	int err;

	note("changing %s to %s cannot be done in one step: packets pass between",
	     how_name(l->old->by, l->old->mode, l->old->link_id),
	     how_name(l->how.by, l->how.mode, l->how.link));
	err = attach_remove(l->iface, old);
	if (err)
		return err;
	err = attach_new(l->iface, &l->how, l->prog_fd, link_fd);
	if (err)
		restore_old(l, old);
	return err;
}

/* Put the new program on the hook. */
static int switch_program(struct loading *l)
{
	struct attach_old old;
	int link_fd = -1, err;

	if (!l->old) {
		err = attach_new(l->iface, &l->how, l->prog_fd, &link_fd);
	} else {
		err = ownership_open(&l->dir, l->old, &old);
		if (err)
			return err;
		/* A link of others becomes one that we hold as well: theirs may go any time. */
		if (is_atomic(l) && l->old_foreign && old.link_fd >= 0)
			err = stage_add_link(&l->stage, l->object->hook, old.link_fd);
		if (!err && is_atomic(l))
			err = attach_replace(l->iface, &old, l->prog_fd);
		else if (!err)
			err = exchange_in_two_steps(l, &old, &link_fd);
		ownership_close(&old);
	}
	if (!err && link_fd >= 0) {
		/* The program is on only as long as its link has a holder. */
		err = stage_add_link(&l->stage, l->object->hook, link_fd);
		close(link_fd);
	}
	l->stage.switched = !err;
	return err;
}

/* Where the plan has the new map's pin: what is under %old beside it was merged into it. */
static const struct plan_map *find_planned(const struct plan *plan, __u32 map_id)
{
	for (size_t i = 0; i < plan->len; i++)
		if (plan->maps[i].info.id == map_id)
			return &plan->maps[i];
	return NULL;
}

static int drop_merged(struct loading *l, const struct carried *one)
{
	const struct plan_map *map = find_planned(&l->report->plan, one->to_id);
	char file[NAME_SIZE], old[NAME_SIZE], path[NAME_SIZE * 2];

	if (!one->complete || !map || map->old_id != one->from_id ||
	    mapname_encode(one->name, file, sizeof(file)) ||
	    mapname_old(file, one->from_id, old, sizeof(old)))
		return 0;
	snprintf(path, sizeof(path), "%s%s", map->egress ? DIRECTORY_EGRESS "/" : "", old);
	return stage_add_drop(&l->stage, path);
}

/*
 * Readers add the old map to the new one, so counters can be merged while they look. What was
 * merged to the last is then dropped, in an exchange of its own.
 */
static int merge_and_drop(struct loading *l)
{
	const struct carry *carry = &l->report->carry;
	int err;

	if (!carry->len)
		return 0;
	err = carry_merge(&l->report->carry);
	stage_end(&l->stage);
	if (!err)
		err = stage_begin(&l->stage, &l->fs, l->iface->name, "load");
	for (size_t i = 0; !err && i < carry->len; i++)
		err = drop_merged(l, &carry->list[i]);
	return err ? err : stage_publish(&l->stage, &l->dir, &l->rec);
}

static int switch_and_publish(struct loading *l)
{
	struct explanation *how = &l->object->explanation;
	struct load_report *report = l->report;
	int err = 0;

	err = carry_reconcile(&report->carry);
	if (err)
		return err;
	if (l->options->no_attach) {
		explain(how, EXPLAIN_ATTACH, EXPLAIN_SKIPPED, "--no-attach");
	} else {
		err = switch_program(l);
		if (!err)
			err = carry_reconcile(&report->carry);
		explain(how, EXPLAIN_ATTACH, err ? EXPLAIN_REFUSED : EXPLAIN_DONE, "to %s of %s",
		        hook_name(l->object->hook), l->iface->name);
		if (!err) {
			err = attach_verify(l->iface, l->object->hook, report->prog_id,
			                    &report->how);
			explain(how, EXPLAIN_READ_BACK, err ? EXPLAIN_REFUSED : EXPLAIN_DONE,
			        "program %u by %s", report->prog_id,
			        attach_by_name(report->how.by));
		}
		report->attached = !err;
		report->old_prog_id = l->old ? l->old->prog_id : 0;
	}
	if (!err)
		err = stage_commit(&l->stage, &l->dir, &l->rec);
	if (!err && !l->options->no_attach)
		err = merge_and_drop(l);
	report->gen = l->rec.gen;
	return err;
}

/* Load the object with the maps that are pinned here, unless another interface's load did it. */
static int load_object(struct loading *l)
{
	const struct reuse_options reuse = {
		.mismatch = l->options->mismatch,
		.classes = l->options->classes,
		.carry = &l->report->carry,
	};
	struct explanation *how = &l->object->explanation;
	unsigned int reused = 0;
	int err;

	if (l->object->loaded)
		return reuse_check_shared(l->object, &l->dir, &reuse);
	err = reuse_maps(l->object, &l->dir, &reuse, &reused);
	if (err) {
		explain(how, EXPLAIN_MAPS, EXPLAIN_REFUSED,
		        "a pinned map is not what the object defines");
		return err;
	}
	explain(how, EXPLAIN_MAPS, EXPLAIN_DONE, "%u of %zu reused, %zu carried over, the rest new",
	        reused, l->object->maps_len, l->report->carry.len);
	err = object_load(l->object);
	/* The bulk of it; what changes meanwhile is brought over at the switch. */
	return err || l->options->dry_run ? err : carry_copy(&l->report->carry);
}

/* From here on the interface's directory is ours, and the object is open. */
static int load_in_directory(struct loading *l)
{
	int err;

	snprintf(l->report->path, sizeof(l->report->path), "%s", l->dir.path);
	err = owners_scan(&l->owners, &l->fs, l->dir.relative);
	if (err)
		return failed(err, "cannot look for pins in %s", l->fs.path);
	ownership_find_links(&l->dir, &l->attached);
	err = find_old(l);
	if (err)
		return err;
	choose_how(l);
	err = load_object(l);
	if (!err)
		err = describe(l);
	if (!err)
		err = foresee(l);
	if (!err)
		err = stage_all(l);
	if (!err && !l->options->dry_run)
		err = switch_and_publish(l);
	return err;
}

static int load_locked(struct loading *l)
{
	const struct claim how = { .dry_run = l->options->dry_run, .fresh = l->options->fresh };
	int err;

	err = attachments_query(&l->attached, l->iface);
	if (err)
		return err;
	err = links_find(&l->attached, l->iface);
	if (err && err != -EPERM)
		return failed(err, "cannot list the links of %s", l->iface->name);
	if (!how.dry_run) {
		err = stage_begin(&l->stage, &l->fs, l->iface->name, "load");
		if (err)
			return err;
	}
	err = claim_directory(&l->dir, &l->fs, l->iface, &l->attached, &l->stage, &how);
	if (err)
		return err;
	err = load_in_directory(l);
	directory_close(&l->dir);
	return err;
}

int load_program(const struct interface *iface, struct object *object,
                 const struct load_options *options, struct load_report *report)
{
	struct loading l = {
		.iface = iface,
		.object = object,
		.options = options,
		.report = report,
		.dir = { .fd = -1, .lock_fd = -1 },
		.stage = { .fd = -1 },
		.prog_fd = -1,
	};
	int err;

	memset(report, 0, sizeof(*report));
	report->hook = object->hook;
	err = bpffs_open(&l.fs, options->dry_run ? BPFFS_READ : BPFFS_WRITE);
	if (err)
		return err;
	if (!options->dry_run) {
		err = bpffs_lock(&l.fs);
		if (!err)
			err = recover_stages(&l.fs, iface);
	}
	if (!err)
		err = load_locked(&l);
	stage_end(&l.stage);
	live_free(&l.live);
	owners_free(&l.owners);
	attachments_free(&l.attached);
	bpffs_close(&l.fs);
	return err;
}

void load_report_free(struct load_report *report)
{
	carry_free(&report->carry);
	plan_free(&report->plan);
}
