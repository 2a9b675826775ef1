// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/claim.h"
#include "bpffs/log.h"
#include "bpffs/owners.h"
#include "bpffs/pin.h"
#include "bpffs/stage.h"
#include "bpffs/view.h"
#include "pinning/adopt.h"
#include "pinning/mapname.h"

/* A loader may change what is attached while we pin; so often we look again. */
#define ROUNDS_MAX 8

/* Everything that one round of adopting works with. */
struct adoption {
	const struct interface *iface;
	const struct adopt_options *options;
	struct adopt_report *report;
	struct bpffs fs;
	struct attachments attached;
	struct live live;
	struct owners owners;
	struct directory dir;
};

const char *adopt_state_name(enum adopt_state state)
{
	static const char *const names[] = {
		[ADOPT_PINNED] = "pinned",     [ADOPT_KEPT] = "kept",
		[ADOPT_REPLACED] = "replaced", [ADOPT_FOREIGN] = "foreign",
		[ADOPT_REFUSED] = "refused",
	};

	return names[state];
}

__attribute__((format(printf, 2, 3))) static void refuse(struct adopt_map *map, const char *fmt,
                                                         ...)
{
	va_list args;

	map->state = ADOPT_REFUSED;
	va_start(args, fmt);
	vsnprintf(map->why, sizeof(map->why), fmt, args);
	va_end(args);
}

/* The map that has been given this name in this place already, or NULL. */
static const struct adopt_map *holder(const struct adopt_report *report, const char *name,
                                      bool egress)
{
	for (size_t i = 0; i < report->len; i++) {
		const struct adopt_map *map = &report->maps[i];

		if (map->state < ADOPT_FOREIGN && map->egress == egress && !strcmp(map->name, name))
			return map;
	}
	return NULL;
}

/*
 * Flat, or in %egress/: the hooks share by name, and where two maps of one name differ the order
 * of the hooks decides. An egress program's statistics are its own in any case.
 */
static void choose_place(const struct adopt_report *report, struct adopt_map *map)
{
	const struct adopt_map *flat = holder(report, map->name, false), *taken = flat;

	if (map->hook == HOOK_TC_EGRESS) {
		map->egress = !strcmp(map->name, DIRECTORY_TC_STATS) ||
		              (flat && flat->info.id != map->info.id);
		if (map->egress)
			taken = holder(report, map->name, true);
	}
	if (taken && taken->info.id != map->info.id)
		refuse(map, "its name belongs to map %u of program %s (id %u) on %s",
		       taken->info.id, taken->prog_name, taken->prog_id, hook_name(taken->hook));
}

/* What is under that name now decides between pinned, kept and replaced. */
static void look_in_place(const struct adoption *a, struct adopt_map *map)
{
	char file[NAME_SIZE];
	int place_fd = -1, err;
	__u32 id;

	if (mapname_encode(map->name, file, sizeof(file))) {
		refuse(map, "its name does not fit a file name");
		return;
	}
	snprintf(map->path, sizeof(map->path), "%.3500s/%s%s", a->report->path,
	         map->egress ? DIRECTORY_EGRESS "/" : "", file);
	map->state = ADOPT_PINNED;
	if (a->dir.fd < 0)
		return;
	if (map->egress)
		place_fd = bpffs_open_dir(a->dir.fd, DIRECTORY_EGRESS, O_RDONLY);
	err = map->egress && place_fd < 0
	              ? -ENOENT
	              : pin_map_id(map->egress ? place_fd : a->dir.fd, file, &id);
	if (place_fd >= 0)
		close(place_fd);
	if (!err) {
		map->state = id == map->info.id ? ADOPT_KEPT : ADOPT_REPLACED;
		map->old_id = id == map->info.id ? 0 : id;
	} else if (err != -ENOENT && err != -ELOOP) {
		refuse(map, "%s is taken by something that is no map", map->path);
	}
}

/* Others' pins of the same map, and what follows from them. */
static void look_at_owners(const struct adoption *a, struct adopt_map *map)
{
	const char *path = owners_path(&a->owners, OWNER_OTHER, PIN_MAP, map->info.id);

	if (path && map->state != ADOPT_KEPT && !a->options->foreign) {
		map->state = ADOPT_FOREIGN;
		snprintf(map->path, sizeof(map->path), "%s", path);
		return;
	}
	path = owners_path(&a->owners, OWNER_INTERFACE, PIN_MAP, map->info.id);
	if (path)
		snprintf(map->shared, sizeof(map->shared), "%s", path);
}

/* Decide on one live map and add it to the report. */
static int plan_map(struct adoption *a, const struct live_map *live)
{
	const struct live_prog *prog = &a->live.progs[live->prog];
	struct adopt_report *report = a->report;
	struct adopt_map *maps, *map;
	const char *why;

	if (mapname_is_internal(&live->info)) {
		report->internal++;
		return 0;
	}
	maps = reallocarray(report->maps, report->len + 1, sizeof(*maps));
	if (!maps)
		return failed(-ENOMEM, "cannot list the maps of %s", a->iface->name);
	report->maps = maps;
	map = &maps[report->len];
	memset(map, 0, sizeof(*map));
	map->hook = live->hook;
	map->info = live->info;
	map->prog_id = prog->id;
	memcpy(map->prog_name, prog->name, sizeof(map->prog_name));
	if (mapname_find(prog, &live->info, map->name, &why)) {
		*map->name = '\0';
		refuse(map, "%s", why);
	} else {
		choose_place(report, map);
	}
	if (map->state != ADOPT_REFUSED)
		look_in_place(a, map);
	if (map->state != ADOPT_REFUSED)
		look_at_owners(a, map);
	if (map->state == ADOPT_REFUSED)
		report->refused++;
	report->len++;
	return 0;
}

static int plan(struct adoption *a)
{
	int err = owners_scan(&a->owners, &a->fs, a->dir.relative);

	if (err)
		return failed(err, "cannot look for pins in %s", a->fs.path);
	snprintf(a->report->path, sizeof(a->report->path), "%s", a->dir.path);
	for (size_t i = 0; !err && i < a->live.maps_len; i++)
		err = plan_map(a, &a->live.maps[i]);
	return err;
}

/* What the record says after this: who the interface is, what runs, which maps are published. */
static void make_record(const struct adoption *a, const struct record *before, bool had_record,
                        struct record *rec)
{
	record_init(rec, a->iface);
	if (had_record) {
		rec->group = before->group;
		memcpy(rec->other, before->other, sizeof(rec->other));
	}
	for (size_t i = 0; i < a->live.progs_len; i++)
		record_add_prog(rec, a->live.progs[i].hook, a->live.progs[i].id);
	for (size_t i = 0; i < a->report->len; i++)
		if (a->report->maps[i].state < ADOPT_FOREIGN)
			record_add_map(rec, a->report->maps[i].hook, a->report->maps[i].info.id);
}

/* The descriptor of a planned map, among those that are open. */
static int live_fd(const struct live *live, __u32 map_id)
{
	for (size_t i = 0; i < live->maps_len; i++)
		if (live->maps[i].info.id == map_id)
			return live->maps[i].fd;
	return -1;
}

static int stage_maps(const struct adoption *a, struct stage *stage)
{
	int err = 0;

	for (size_t i = 0; !err && i < a->report->len; i++) {
		const struct adopt_map *map = &a->report->maps[i];

		if (map->state != ADOPT_PINNED && map->state != ADOPT_REPLACED)
			continue;
		/* A map that two hooks share stands in the report twice. */
		if (holder(a->report, map->name, map->egress) != map)
			continue;
		err = stage_add_map(stage, map->name, map->egress, live_fd(&a->live, map->info.id));
	}
	return err;
}

static int publish(struct adoption *a, struct stage *stage)
{
	struct record rec;
	int err;

	make_record(a, &a->dir.record, a->dir.has_record, &rec);
	if (a->options->group)
		err = access_check_group(&a->fs, a->options->group, &rec.group);
	else
		err = 0;
	if (!err)
		err = stage_maps(a, stage);
	if (!err)
		err = stage_publish(stage, &a->dir, &rec);
	a->report->gen = rec.gen;
	return err;
}

/* Claim the directory, decide on each map, and pin. */
static int adopt_once(struct adoption *a)
{
	const struct claim how = { .dry_run = a->options->dry_run, .fresh = a->options->fresh };
	struct stage stage = { .fd = -1 };
	int err;

	if (!how.dry_run) {
		err = stage_begin(&stage, &a->fs, a->iface->name, "pin");
		if (err)
			return err;
	}
	err = claim_directory(&a->dir, &a->fs, a->iface, &a->attached, &stage, &how);
	if (!err) {
		err = plan(a);
		if (!err && !how.dry_run)
			err = publish(a, &stage);
		else
			a->report->gen = a->dir.has_record ? a->dir.record.gen : 0;
		directory_close(&a->dir);
	}
	stage_end(&stage);
	owners_free(&a->owners);
	return err;
}

static int look(struct adoption *a)
{
	int err = attachments_query(&a->attached, a->iface);

	if (err)
		return err;
	err = live_query(&a->live, &a->attached);
	if (!err)
		return 0;
	failed(err, "cannot open the programs on %s by their ids", a->iface->name);
	if (err == -EPERM)
		hint("run as root, or with CAP_SYS_ADMIN");
	attachments_free(&a->attached);
	return err;
}

static void forget(struct adoption *a)
{
	live_free(&a->live);
	attachments_free(&a->attached);
}

/* The same programs and maps run as when we looked before. */
static bool same_live(const struct live *a, const struct live *b)
{
	if (a->progs_len != b->progs_len || a->maps_len != b->maps_len)
		return false;
	for (size_t i = 0; i < a->progs_len; i++)
		if (a->progs[i].id != b->progs[i].id || a->progs[i].hook != b->progs[i].hook)
			return false;
	for (size_t i = 0; i < a->maps_len; i++)
		if (a->maps[i].info.id != b->maps[i].info.id)
			return false;
	return true;
}

/* What is left of earlier programs stays, and is named. */
static void list_stale(const struct adoption *a)
{
	struct directory dir;
	struct view view;

	if (directory_open(&dir, &a->fs, a->iface))
		return;
	if (!view_open(&view, &dir, NULL, BPF_F_RDONLY)) {
		for (size_t i = 0; i < view.len; i++)
			if (!view.maps[i].old_id)
				note("%s/%s%s stays, and is stale: nothing uses it", dir.path,
				     view.maps[i].egress ? DIRECTORY_EGRESS "/" : "",
				     view.maps[i].name);
		view_close(&view);
	}
	directory_close(&dir);
}

static int report_nothing(const struct adoption *a)
{
	failed(-ENOENT, "cannot find any BPF program on %s", a->iface->name);
	hint("load one first, say: ip link set dev %s xdpgeneric obj objects/xdp_pass.o sec xdp",
	     a->iface->name);
	if (a->fs.fd >= 0)
		list_stale(a);
	return -ENOENT;
}

/* Adopt until nothing has changed meanwhile: loaders take no lock of ours. */
static int adopt_rounds(struct adoption *a)
{
	struct live before;
	int err;

	for (int round = 1;; round++) {
		if (!a->attached.len)
			return report_nothing(a);
		adopt_report_free(a->report);
		err = adopt_once(a);
		if (err || a->options->dry_run)
			return err;
		before = a->live;
		memset(&a->live, 0, sizeof(a->live));
		attachments_free(&a->attached);
		err = look(a);
		if (err || same_live(&before, &a->live)) {
			live_free(&before);
			return err;
		}
		live_free(&before);
		if (round == ROUNDS_MAX) {
			note("the programs on %s keep changing; pinned what ran a moment ago",
			     a->iface->name);
			return 0;
		}
		detail("the programs on %s changed meanwhile: looking again", a->iface->name);
	}
}

/* Without a program, nothing is mounted or made, but a killed run is still finished. */
static int open_bpffs(struct adoption *a)
{
	bool write = a->attached.len || bpffs_probe() == 1;

	if (!a->attached.len && bpffs_probe() < 0)
		return 0;
	return bpffs_open(&a->fs, write && !a->options->dry_run ? BPFFS_WRITE : BPFFS_READ);
}

static int adopt(struct adoption *a)
{
	int err = open_bpffs(a);

	if (!err && a->fs.lock_fd >= 0) {
		err = bpffs_lock(&a->fs);
		if (!err)
			err = stage_recover(&a->fs);
		/* Look again: under the lock no other tool of ours changes anything. */
		forget(a);
		if (!err)
			err = look(a);
	}
	return err ? err : adopt_rounds(a);
}

int adopt_maps(const struct interface *iface, const struct adopt_options *options,
               struct adopt_report *report)
{
	struct adoption a = {
		.iface = iface,
		.options = options,
		.report = report,
		.fs = { .fd = -1, .ours_fd = -1, .stage_fd = -1, .lock_fd = -1 },
	};
	int err;

	memset(report, 0, sizeof(*report));
	/* Without privilege this ends here, before anything is made in the BPF filesystem. */
	err = look(&a);
	if (err)
		return err;
	err = adopt(&a);
	forget(&a);
	bpffs_close(&a.fs);
	return err;
}

void adopt_report_free(struct adopt_report *report)
{
	free(report->maps);
	memset(report, 0, sizeof(*report));
}
