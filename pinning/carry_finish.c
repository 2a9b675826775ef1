// SPDX-License-Identifier: GPL-2.0-or-later
/* After the exchange of the pins; and the notes by which a later run does the same. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/turn.h"
#include "pinning/carry.h"
#include "pinning/carry_done.h"
#include "pinning/carry_find.h"
#include "pinning/carry_mark.h"
#include "pinning/carry_others.h"
#include "pinning/carry_slots.h"
#include "pinning/outers.h"
#include "pinning/plan.h"
#include "pinning/shape.h"

/* A map of maps that had to leave its name has it in a slot: those of others get the new one. */
static bool is_inside(const struct plan_map *map, __u32 map_id)
{
	return !plan_publishes(map) && shape_holds_maps(map->info.type) &&
	       outer_id_has(map->info.id, map_id) == 1;
}

/* A hook that did not follow before: what it goes by lost the name then. */
static bool is_beside(const struct plan_map *map, const struct carried *one)
{
	return map->state == PLAN_REFUSED && map->info.id != one->from_id &&
	       map->info.id != one->to_id && !strcmp(map->name, one->name) &&
	       map->info.type != BPF_MAP_TYPE_PROG_ARRAY && !migrate_is_stream(map->info.type);
}

/* Several interfaces may have the program of the first there: it is named once. */
static bool is_named(struct carried *one, const struct plan_map *map)
{
	__u32 *named = &(one->lender ? one->lender : one)->named[map->hook];

	if (*named)
		return *named == map->prog_id;
	*named = map->prog_id;
	return false;
}

/* what: "the old one", or which. */
static void tell_user(struct carried *one, const struct plan_map *map, const char *ifname,
                      const char *what)
{
	bool another = one->lender && ifname;

	if (!is_named(one, map))
		note("map '%s': program %s (id %u) on %s%s%s goes on with %s", one->name,
		     map->prog_name, map->prog_id, hook_name(map->hook), another ? " of " : "",
		     another ? ifname : "", what);
}

static void find_users(struct carried *one, const struct plan *plan, const char *ifname)
{
	char what[64];

	for (size_t i = 0; i < plan->len; i++) {
		const struct plan_map *map = &plan->maps[i];

		if (is_beside(map, one)) {
			one->beside[map->hook] = map->info.id;
			snprintf(what, sizeof(what), "another one, map %u", map->info.id);
			tell_user(one, map, ifname, what);
		}
		if (map->info.id != one->from_id && !is_inside(map, one->from_id))
			continue;
		one->shared = true;
		tell_user(one, map, ifname, "the old one");
	}
}

/* Whoever has the flat name goes first: then the others find the new map there, and join it. */
static void hint_first(const struct carried *one, const struct plan *plan, enum hook hook,
                       const struct carry *carry)
{
	for (size_t i = 0; i < plan->len; i++) {
		const struct plan_map *map = &plan->maps[i];

		if (map->info.id != one->from_id || map->hook == hook)
			continue;
		if (carry->hint_first)
			carry->hint_first(carry->context, one, map);
		else
			hint("it is the map of program %s (id %u) on %s as well, which goes first: "
			     "%s --on-mismatch migrate --hook %s %s OBJECT",
			     map->prog_name, map->prog_id, hook_name(map->hook),
			     cli_command("load"), hook_name(map->hook),
			     cli_interface(carry->ifname));
		return;
	}
}

/* The new map must take the name of the one that is carried over: that has all else. */
static int find_place(struct carried *one, const struct plan *plan, const struct carry *carry)
{
	const char *why = "it is not among the maps of the program";
	enum hook hook = HOOKS;

	for (size_t i = 0; i < plan->len && !one->placed; i++) {
		const struct plan_map *map = &plan->maps[i];

		if (map->info.id != one->to_id)
			continue;
		if (one->left_before && plan_publishes(map)) {
			one->placed = true;
			break;
		}
		why = map->state == PLAN_REFUSED ? map->why : "another map has its name";
		hook = map->hook;
		if ((map->state != PLAN_REPLACED && !map->parted) || map->old_id != one->from_id)
			continue;
		one->placed = true;
		one->egress = map->egress;
	}
	if (one->placed)
		return 0;
	rejected(-EEXIST, "cannot carry map '%s' over: the new one cannot be pinned", one->name);
	hint("%s", why);
	hint_first(one, plan, hook, carry);
	return -EEXIST;
}

/*
 * In %egress/ it is until the exchange by which the egress program gets the flat map, and flat
 * after it. Counts that were taken out are gone for both, where the hooks shared the map; of a list
 * the other place may want a copy.
 */
static int drop_old(const struct carried *one, struct stage *stage)
{
	struct carried place = { .egress = one->egress, .from_id = one->from_id };
	int places = one->egress || one->class == MIGRATE_COUNTER ? 2 : 1;
	char path[NAME_SIZE * 2];
	int err = 0;

	strcpy(place.name, one->name);
	for (; !err && places; places--) {
		err = carry_old_path(&place, path, sizeof(path));
		if (!err)
			err = stage_add_drop(stage, path);
		place.egress = !place.egress;
	}
	return err;
}

/* The old map stays where the others have it; added to the new one it would count twice. */
static int part(struct carried *one, struct stage *stage)
{
	int err;

	one->finished = true;
	if (one->shared)
		return 0;
	one->complete = true;
	err = drop_old(one, stage);
	return err ? failed(err, "cannot drop the old map '%s'", one->name) : 0;
}

/*
 * Nothing is in it that could come over, and what goes through it goes through the new one: once
 * nobody uses the old one, it is of no use. Sockets that were put into a map are.
 */
static void let_go(struct carried *one, const struct plan *plan, const char *ifname)
{
	__u32 type = one->from.info.type;

	if (!one->event || (!migrate_is_stream(type) && type != BPF_MAP_TYPE_XSKMAP))
		return;
	find_users(one, plan, ifname);
	one->finished = one->complete = !one->shared;
}

int carry_stage(struct carry *carry, const struct plan *plan, struct stage *stage)
{
	struct record rec;
	int err = 0, base_fd;

	for (size_t i = 0; !err && i < carry->len; i++) {
		struct carried *one = carry->list[i];

		if (*one->why) {
			let_go(one, plan, carry->ifname);
			continue;
		}
		find_users(one, plan, carry->ifname);
		err = find_place(one, plan, carry);
		if (err)
			return err;
		if (!stage)
			continue;
		if (one->apart) {
			err = part(one, stage);
			continue;
		}
		/* A killed run leaves the link in %old, where the next one finds it; of a program
		 * array without programs there is nothing to find. */
		if (one->link || one->from.info.type == BPF_MAP_TYPE_PROG_ARRAY)
			continue;
		err = carry_mark_write(one, &rec);
		if (err)
			return failed(err, "cannot note what is carried over of map '%s'",
			              one->name);
		base_fd = one->m && !one->done && migrate_copies(one->m) ? migrate_snapshot(one->m)
		                                                         : -1;
		err = stage_add_carry(stage, one->from_id, &rec, base_fd);
	}
	return err;
}

/* What is left in the old map stays there, beside the new one. */
static void say_left(const struct carried *one, const struct migrate_report *report)
{
	if (report->left)
		note("map '%s': %llu entr%s did not fit and stay%s in %%old-%u", one->name,
		     (unsigned long long)report->left, report->left == 1 ? "y" : "ies",
		     report->left == 1 ? "s" : "", one->from_id);
	if (report->counters_left)
		note("map '%s': %llu counter%s in %%old-%u", one->name,
		     (unsigned long long)report->counters_left,
		     report->counters_left == 1 ? " stays" : "s stay", one->from_id);
	if (report->cpus_left)
		note("map '%s': the slots of %u CPU%s stay in %%old-%u", one->name,
		     report->cpus_left, report->cpus_left == 1 ? "" : "s", one->from_id);
	if (report->fields_left)
		note("map '%s': fields that may be counts cannot be added, and stay in %%old-%u: "
		     "%llu",
		     one->name, one->from_id, (unsigned long long)report->fields_left);
	if (report->fields_left && migrate_cannot_add(one->m))
		hint("%s has 16 bits at the end of a value, which cannot be added: a map that can "
		     "take it has 32 bits there, or two more bytes behind it",
		     migrate_cannot_add(one->m));
	if (report->conflicts && one->guessed)
		note("map '%s': %llu entr%s in both maps, and programs may count there; what the "
		     "old one has stays in %%old-%u",
		     one->name, (unsigned long long)report->conflicts,
		     report->conflicts == 1 ? "y is" : "ies are", one->from_id);
	else if (report->conflicts)
		note("map '%s': %llu entr%s changed in both maps; the new map's %s kept, and what "
		     "the old one had instead is lost",
		     one->name, (unsigned long long)report->conflicts,
		     report->conflicts == 1 ? "y was" : "ies were",
		     report->conflicts == 1 ? "was" : "were");
	if (report->keys_stay)
		note("map '%s': %llu key%s gone from the old map at the switch, and stay%s in the "
		     "new one, which has counted there since",
		     one->name, (unsigned long long)report->keys_stay,
		     report->keys_stay == 1 ? " was" : "s were", report->keys_stay == 1 ? "s" : "");
	if (carry_overwritten(one))
		note("map '%s': %llu entr%s had to be written as a whole while the new program "
		     "was on: what it counted there in that moment may be lost",
		     one->name, (unsigned long long)report->overwritten,
		     report->overwritten == 1 ? "y" : "ies");
	if (report->counts_in_both && one->class == MIGRATE_CONFIG)
		note("map '%s': in %llu of them a number went on in both maps", one->name,
		     (unsigned long long)report->counts_in_both);
	if (carry_lost(one)) {
		hint("if programs count there: --class %s=counter adds both up after the switch, "
		     "until which every number in the new map is zero, also one that is a verdict; "
		     "--class %s=flow says that programs keep it, =config that only tools do",
		     one->name, one->name);
	}
	for (unsigned int i = 0; i < report->problem_count; i++)
		note("map '%s', key %s: %s", one->name, report->problems[i].key,
		     report->problems[i].why);
}

/* Brought in again, a list would get back what was deleted from it since: it is compared only. */
static int finish_done(struct carried *one)
{
	__u64 missing;
	int err = carry_compare_done(one, &missing);

	one->finished = true;
	one->complete = !err && !one->shared && !missing;
	if (missing)
		note("map '%s': %llu entr%s of map %u, which came over before, %s not in the one "
		     "in place: %s; %s in %s%u",
		     one->name, (unsigned long long)missing, missing == 1 ? "y" : "ies",
		     one->from_id, missing == 1 ? "is" : "are",
		     one->edited ? "added or changed in the old one since, or deleted in the new"
		                 : "deleted or changed there since",
		     missing == 1 ? "it stays" : "they stay", one->shared ? "map " : "%old-",
		     one->from_id);
	return err;
}

static int finish_one(struct carried *one, const struct carry *carry)
{
	const struct migrate_report *report;
	int err;

	if (one->link)
		return carry_finish_link(one, carry->ifname);
	if (one->slots)
		return carry_finish_slots(one, carry);
	report = migrate_report(one->m);
	if (one->done)
		return finish_done(one);
	/* Who counts there goes on with what was counted. */
	if (one->class == MIGRATE_COUNTER && one->shared && *one->sharers) {
		one->finished = true;
		return 0;
	}
	/* What others find by name is theirs: a value that they put back is not one that was
	 * copied. */
	if (one->class != MIGRATE_COUNTER && carry_may_freeze(one))
		migrate_freeze(one->m);
	err = one->settled || one->class == MIGRATE_COUNTER ? 0 : migrate_reconcile(one->m);
	if (!err)
		err = migrate_merge(one->m);
	progress_clear(&one->progress);
	one->finished = !err;
	one->complete = !err && !one->shared && !carry_left(one);
	say_left(one, report);
	if (err)
		note("map '%s': what is not brought over yet stays in %s%%old-%u; the next load or "
		     "pin goes on with it",
		     one->name, one->name, one->from_id);
	return err;
}

int carry_finish(struct carry *carry)
{
	struct carried **list = carry_order(carry);
	int first = 0, err;

	if (!list)
		return failed(-ENOMEM, "cannot carry maps over");
	for (size_t i = 0; i < carry->len; i++) {
		if (!list[i]->placed || list[i]->finished)
			continue;
		err = finish_one(list[i], carry);
		first = first ? first : err;
	}
	free(list);
	return first;
}

/* Have the note of one that is finished dropped, and the old map if nothing is left in it. */
static int drop_one(const struct carried *one, struct stage *stage)
{
	char path[NAME_SIZE * 2];
	int err;

	snprintf(path, sizeof(path), "%s/%u%s", DIRECTORY_CARRY, one->from_id, DIRECTORY_BASE);
	err = stage_add_drop(stage, path);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/%u", DIRECTORY_CARRY, one->from_id);
	err = stage_add_drop(stage, path);
	return err || !one->complete ? err : drop_old(one, stage);
}

int carry_settle(const struct carry *carry, const struct bpffs *fs, const char *ifname,
                 struct directory *dir, struct record *rec)
{
	struct stage stage;
	int err;

	err = stage_begin(&stage, fs, ifname, carry->verb ? carry->verb : "load");
	if (err)
		return err;
	for (size_t i = 0; !err && i < carry->len; i++) {
		const struct carried *one = carry->list[i];

		if (one->placed && one->shared)
			carry_parted_add(rec, one);
		if (!one->finished || one->apart)
			continue;
		err = drop_one(one, &stage);
		carry_done_follow(rec, one);
		/* Brought in again, a list would get back what was deleted from it since. */
		if (err || one->complete || !one->placed || one->class == MIGRATE_COUNTER)
			continue;
		carry_done_add(rec, one);
	}
	if (!err)
		err = carry_forget(dir, rec);
	if (!err)
		err = stage_publish(&stage, dir, rec);
	stage_end(&stage);
	return err;
}

/*
 * Readers add the old map to the new one, so counters can be merged while they look, and while
 * other writers go on: only this directory stays locked. What was merged to the last is then
 * dropped, in an exchange of its own. Killed in between, or failed at it, the next run goes on with
 * it.
 */
int carry_conclude(struct carry *carry, struct bpffs *fs, const struct interface *iface,
                   struct directory *dir, struct record *rec)
{
	int first, err;

	bpffs_unlock(fs);
	first = carry_finish(carry);
	/* In the order in which all writers take the two. */
	directory_unlock(dir);
	err = turn_take(fs, iface);
	if (!err)
		err = directory_read_record(dir);
	if (!err) {
		*rec = dir->record;
		err = carry_settle(carry, fs, iface->name, dir, rec);
	}
	if (!err)
		carry_settle_others(carry, fs, dir);
	if (!err)
		carry_tell_left(carry, dir);
	return first ? first : err;
}
