// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/map_path.h"
#include "pinning/mapname.h"
#include "pinning/notes.h"
#include "pinning/status_pins.h"

/* --- maps */

/* What is in %egress/ nobody looks for who wants the map of another hook. */
static bool is_place_of(const struct view_map *pin, const struct status_map *map)
{
	return !pin->old_id && (!pin->egress || map->hook == HOOK_TC_EGRESS);
}

/* The pin of that map, else the one that has its name. */
static const struct view_map *find_pin(const struct status *st, const struct status_map *map)
{
	const struct view_map *same_name = NULL;

	for (size_t i = 0; i < st->view.len; i++) {
		const struct view_map *pin = &st->view.maps[i];

		if (!is_place_of(pin, map))
			continue;
		if (pin->info.id == map->info.id)
			return pin;
		/* An egress program's own place comes before the flat one. */
		if (*map->name && !strcmp(pin->name, map->name) && (pin->egress || !same_name))
			same_name = pin;
	}
	return same_name;
}

/* Of the egress program, which shares the map. */
static void find_in_egress(const struct status *st, struct status_map *map)
{
	char file[MAP_PATH_SIZE];

	for (size_t i = 0; i < st->view.len && !*map->elsewhere; i++) {
		const struct view_map *pin = &st->view.maps[i];

		if (pin->info.id != map->info.id || pin->old_id || is_place_of(pin, map))
			continue;
		view_map_path(pin, file, sizeof(file));
		snprintf(map->elsewhere, sizeof(map->elsewhere), "%.3500s/%s", st->dir.path, file);
	}
}

/* A pin of the map that is not its own place in the directory of the interface. */
static void find_elsewhere(const struct status *st, struct status_map *map)
{
	size_t len = st->has_dir ? strlen(st->dir.path) : 0;

	if (map->pin != PIN_STATE_LIVE)
		find_in_egress(st, map);
	for (size_t i = 0; i < st->owners->len && !*map->elsewhere; i++) {
		const struct owned_pin *pin = &st->owners->pins[i];

		if (pin->kind != PIN_MAP || pin->id != map->info.id)
			continue;
		if (len && !strncmp(pin->path, st->dir.path, len) && pin->path[len] == '/')
			continue;
		snprintf(map->elsewhere, sizeof(map->elsewhere), "%s", pin->path);
	}
}

bool status_uses_map(const struct live *live, __u32 map_id)
{
	for (size_t i = 0; i < live->maps_len; i++)
		if (live->maps[i].info.id == map_id)
			return true;
	return false;
}

/* The name in full: of the definition, or, where several are defined alike, of the pin. */
static void name_map(const struct status *st, const struct live_map *live, char name[NAME_SIZE])
{
	const char *why;

	if (!mapname_find(&st->live.progs[live->prog], &live->info, name, &why))
		return;
	snprintf(name, NAME_SIZE, "%s", live->info.name);
	for (size_t i = 0; st->has_view && i < st->view.len; i++)
		if (st->view.maps[i].info.id == live->info.id && !st->view.maps[i].old_id)
			snprintf(name, NAME_SIZE, "%s", st->view.maps[i].name);
}

static int look_at_map(struct status *st, const struct live_map *live)
{
	const struct live_prog *prog = &st->live.progs[live->prog];
	struct status_map *map = status_grow(&st->maps, &st->maps_len, sizeof(*st->maps));
	char file[MAP_PATH_SIZE];
	const struct view_map *pin;

	if (!map)
		return -ENOMEM;
	map->hook = live->hook;
	map->prog_id = prog->id;
	map->info = live->info;
	map->internal = mapname_is_internal(&live->info);
	name_map(st, live, map->name);
	pin = find_pin(st, map);
	if (pin) {
		map->pinned_id = pin->info.id;
		if (pin->info.id == map->info.id)
			map->pin = PIN_STATE_LIVE;
		else if (!status_uses_map(&st->live, pin->info.id))
			map->pin = PIN_STATE_STALE;
		view_map_path(pin, file, sizeof(file));
		snprintf(map->path, sizeof(map->path), "%.3500s/%s", st->dir.path, file);
	}
	find_elsewhere(st, map);
	return 0;
}

/* --- drift: the record against what runs */

static int add_drift(struct status *st, enum drift_kind kind, enum hook hook, __u32 prog_id)
{
	struct status_drift *drift = status_grow(&st->drift, &st->drift_len, sizeof(*st->drift));

	if (!drift)
		return -ENOMEM;
	drift->kind = kind;
	drift->hook = hook;
	drift->prog_id = prog_id;
	return 0;
}

bool status_runs(const struct status *st, enum hook hook, __u32 prog_id)
{
	for (size_t i = 0; i < st->progs_len; i++)
		if (st->progs[i].hook == hook && st->progs[i].id == prog_id)
			return true;
	return false;
}

/*
 * It was loaded without being attached, or is called by one that was: those are recorded behind it.
 */
static bool is_prepared(const struct status *st, enum hook hook, unsigned int at)
{
	const struct record_hook *recorded = &st->dir.record.hooks[hook];
	__u32 id = notes_get_prepared(&st->dir.record, hook);

	for (unsigned int i = 0; id && i <= at; i++)
		if (recorded->progs[i] == id)
			return !status_runs(st, hook, id);
	return false;
}

/* A row of tc is for both hooks, and its programs were prepared for one of them. */
static bool is_of_other_hook(const struct status *st, const struct status_prog *prog)
{
	for (int hook = 0; prog->via_map && hook < HOOKS; hook++)
		if (record_has_prog(&st->dir.record, hook, prog->id))
			return true;
	return false;
}

/* A hook of which the record says nothing is somebody else's. */
static int compare_hook(struct status *st, enum hook hook)
{
	const struct record_hook *recorded = &st->dir.record.hooks[hook];
	int err = 0;

	if (!recorded->progs_len)
		return 0;
	for (unsigned int i = 0; !err && i < recorded->progs_len; i++)
		if (!status_runs(st, hook, recorded->progs[i]) && !is_prepared(st, hook, i))
			err = add_drift(st, DRIFT_GONE, hook, recorded->progs[i]);
	for (size_t i = 0; !err && !recorded->cut && i < st->progs_len; i++)
		if (st->progs[i].hook == hook &&
		    !record_has_prog(&st->dir.record, hook, st->progs[i].id) &&
		    !is_of_other_hook(st, &st->progs[i]))
			err = add_drift(st, DRIFT_NEW, hook, st->progs[i].id);
	return err;
}

static int compare_record(struct status *st)
{
	const struct interface *was = &st->dir.record.iface;
	int err = 0;

	if (!st->has_dir || !st->dir.has_record || st->gone)
		return 0;
	/* Of an interface that is gone, no program can be left. */
	if (!record_same_interface(&st->dir.record, &st->iface))
		return add_drift(st, DRIFT_INTERFACE, 0, 0);
	if (strcmp(was->name, st->iface.name))
		err = add_drift(st, DRIFT_NAME, 0, 0);
	for (int hook = 0; !err && hook < HOOKS; hook++)
		if (st->has_live && st->attached.known[hook])
			err = compare_hook(st, hook);
	return err;
}

const char *status_drift_text(const struct status *st, const struct status_drift *drift, char *out,
                              size_t size)
{
	const struct interface *was = &st->dir.record.iface;

	switch (drift->kind) {
	case DRIFT_GONE:
		snprintf(out, size, "%s: the record names program %u, which does not run there",
		         hook_name(drift->hook), drift->prog_id);
		break;
	case DRIFT_NEW:
		snprintf(out, size, "%s: program %u runs there, and the record does not name it",
		         hook_name(drift->hook), drift->prog_id);
		break;
	case DRIFT_INTERFACE:
		if (st->others)
			snprintf(out, size,
			         "the directory belongs to interface %s (ifindex %u), which was %s "
			         "before and lives",
			         st->owner.name, st->owner.ifindex, was->name);
		else if (st->follows)
			snprintf(out, size,
			         "the directory is where it was in another network namespace, as "
			         "%s with ifindex %u: the next load or pin takes it along",
			         was->name, was->ifindex);
		else
			snprintf(out, size,
			         "the directory is of another interface, %s with ifindex %u",
			         was->name, was->ifindex);
		break;
	case DRIFT_NAME:
		snprintf(out, size, "the directory is still called %s, the name before", was->name);
		break;
	}
	return out;
}

int status_look_at_pins(struct status *st)
{
	int err = 0;

	for (size_t i = 0; !err && i < st->live.maps_len; i++)
		err = look_at_map(st, &st->live.maps[i]);
	return err ? err : compare_record(st);
}
