// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "bpffs/view.h"
#include "pinning/carry_done.h"
#include "pinning/carry_find.h"
#include "pinning/carry_inner.h"
#include "pinning/carry_mark.h"
#include "pinning/carry_open.h"
#include "pinning/carry_others.h"
#include "pinning/carry_slots.h"
#include "pinning/carry_types.h"
#include "pinning/elsewhere.h"
#include "pinning/reuse.h"

static int open_new(const struct live *live, struct carried *one)
{
	int fd = fcntl(live_map_fd(live, one->to_id), F_DUPFD_CLOEXEC, 3), err;

	if (fd < 0)
		return -errno;
	err = migrate_map_open(&one->to, fd);
	one->to.fd = fd;
	return err;
}

/* Maps through which something goes, or that stand for what a loader or a process holds. */
static bool has_no_state(__u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_XSKMAP:
	case BPF_MAP_TYPE_SOCKMAP:
	case BPF_MAP_TYPE_SOCKHASH: return true;
	default: return migrate_is_stream(type);
	}
}

/* Whose tag says what the content is; the kernel may have dropped the tag with which it came. */
static const struct btf *find_class_btf(const struct carried *one, const struct plan_map *map)
{
	if (map->definition.btf && !migrate_class_is_tagged(one->to.btf, one->name))
		return map->definition.btf;
	return one->to.btf ? one->to.btf : one->from.btf;
}

static int make_plan(struct carried *one, const char *ifname, bool has_object)
{
	int err = migrate_plan(&one->m, &one->from, &one->to, one->class);
	__u64 refused;

	if (err == -EOPNOTSUPP && one->m) {
		migrate_why_refused(one->m, one->why, sizeof(one->why));
		err = 0;
	}
	if (err)
		return failed(err, "cannot compare map '%s' with map %u", one->name, one->from_id);
	if (*one->why)
		return 0;
	migrate_begin(one->m);
	err = migrate_count_refused(one->m, &refused);
	if (err)
		return err;
	if (refused) {
		snprintf(one->why, sizeof(one->why), "the map in place, %u, is frozen", one->to_id);
		return 0;
	}
	err = carry_check_guess(one, ifname, has_object);
	if (err || *one->why)
		return err;
	migrate_set_progress(one->m, carry_show_progress, one);
	one->anew = migrate_begins_anew(one->m);
	if (one->anew)
		note("map '%s' is to be carried over but for what the kernel holds in it:",
		     one->name);
	else if (migrate_is_assumed(one->m))
		note("map '%s' is to be carried over, into one that is taken to be defined alike:",
		     one->name);
	else if (!migrate_is_alike(one->m))
		note("map '%s' is to be carried over into one of another definition:", one->name);
	if (!migrate_is_alike(one->m))
		migrate_print(one->m, stderr);
	return 0;
}

/* Another interface, or somebody whom we do not know, keeps the map pinned. */
static bool is_pinned_elsewhere(struct carried *one, const struct owners *owners)
{
	const char *path;

	if (carry_find_others(one, owners))
		return true;
	path = owners_path(owners, OWNER_OTHER, PIN_MAP, one->from_id);
	if (path)
		snprintf(one->sharers, sizeof(one->sharers), "%s", path);
	return path;
}

/* A program goes on with it elsewhere. What nobody but that keeps pinned, stays pinned here. */
static bool is_used_elsewhere(struct carried *one, const struct carry_search *in,
                              struct elsewhere *others)
{
	if (!elsewhere_uses(others, one->from_id, one->sharers))
		return false;
	one->shared = !owners_path(in->owners, OWNER_IPROUTE2, PIN_MAP, one->from_id);
	return true;
}

/* Another hook, with which it was shared so far, goes on with it, and only this one does not. */
static bool is_used_beside(struct carried *one, const struct plan *plan, const struct plan_map *map)
{
	bool parted = (map->parted && map->state == PLAN_PINNED) || one->shared;

	for (size_t i = 0; parted && i < plan->len; i++) {
		const struct plan_map *other = &plan->maps[i];

		if (other->info.id != one->from_id)
			continue;
		snprintf(one->sharers, sizeof(one->sharers), "program %s (id %u) on %s",
		         other->prog_name, other->prog_id, hook_name(other->hook));
		return true;
	}
	return false;
}

/* Counts cannot be taken from who goes on with them; of all else a copy is as good. */
static void look_for_users(struct carried *one, const struct carry_search *in,
                           struct elsewhere *others, const struct plan_map *map)
{
	if ((!is_pinned_elsewhere(one, in->owners) && !is_used_elsewhere(one, in, others) &&
	     !is_used_beside(one, in->plan, map)) ||
	    one->class != MIGRATE_COUNTER)
		return;
	snprintf(one->why, sizeof(one->why), "it is shared by %s, where its counts stay",
	         one->sharers);
}

/* The id of a program's BTF; 0: it has none. */
static __u32 btf_of(const struct live *live, __u32 prog_id)
{
	for (size_t i = 0; i < live->progs_len; i++)
		if (live->progs[i].id == prog_id)
			return live->progs[i].btf_id;
	return 0;
}

/* Where the old map is. Under the name of another hook it stays open to edits, and pinned. */
enum whence { FROM_PLACE, FROM_OLD_NAME, FROM_ANOTHER_NAME };

static int add_one(struct carry *carry, const struct carry_search *in, struct elsewhere *others,
                   const struct plan_map *map, __u32 from_id, enum whence whence)
{
	struct carried *one = carry_add(carry, map->name, MIGRATE_CONFIG);
	const struct btf *btf;
	int err;

	if (!one)
		return failed(-ENOMEM, "cannot carry map '%s' over", map->name);
	one->from_id = from_id;
	one->to_id = map->info.id;
	one->egress = map->egress;
	one->shared = whence == FROM_ANOTHER_NAME;
	err = carry_open_old(one, in->dir->fd, whence == FROM_PLACE);
	if (!err)
		err = open_new(in->live, one);
	if (err)
		return failed(err, "cannot open map '%s' (id %u), to carry it over", map->name,
		              from_id);
	btf = find_class_btf(one, map);
	one->class = carry_class(btf, one->name, one->to.info.type, in->classes);
	one->said =
		one->class == MIGRATE_CONFIG && carry_class_is_said(btf, one->name, in->classes);
	one->guessed = one->class == MIGRATE_CONFIG && !one->said;
	carry_define(one, map, in->dir);
	one->event = has_no_state(one->from.info.type);
	look_for_users(one, in, others, map);
	one->link = reuse_is_link(one->from.fd, &one->from.info, one->name) &&
	            one->to.info.type == BPF_MAP_TYPE_PROG_ARRAY &&
	            !reuse_is_link(one->to.fd, &one->to.info, one->name);
	one->slots = !*one->why && !one->link && carry_is_slots(one);
	if (one->slots)
		err = carry_inner_wanted(btf_of(in->live, map->prog_id), one->name, &one->inner);
	if (err)
		return failed(err, "cannot read the types of program %u, to carry map '%s' over",
		              map->prog_id, map->name);
	/* Who edits a map inside would do so for both. */
	if (one->slots && *one->sharers && one->from.info.type != BPF_MAP_TYPE_PROG_ARRAY)
		snprintf(one->why, sizeof(one->why),
		         "it holds other maps, and is shared by %.127s, which goes on with them",
		         one->sharers);
	if (!*one->why && !one->link && !one->slots)
		err = make_plan(one, in->iface->name, map->definition.btf != NULL);
	/* What is not placed is passed over by the steps that follow. */
	one->placed = !err && !*one->why;
	return err;
}

/* The kernel counts ids up: of two old maps, the one of the greater id is the newer. */
static int compare_age(const void *a, const void *b)
{
	const struct view_map *x = a, *y = b;

	return x->info.id < y->info.id ? 1 : x->info.id > y->info.id ? -1 : 0;
}

static bool is_left_of(const struct view_map *old, const struct plan_map *map)
{
	return old->old_id && old->old_id == old->info.id && old->egress == map->egress &&
	       old->old_id != map->info.id && !strcmp(old->name, map->name);
}

/* A killed run noted it, and it waits for the object, which is here. */
static bool waits_for_types(const struct carry_search *in, const struct plan_map *map,
                            __u32 old_map_id)
{
	struct carry noted = {};
	bool waits = false;

	if (!map->definition.btf || carry_open_marks(&noted, in->dir->fd))
		return false;
	for (size_t i = 0; i < noted.len; i++)
		waits |= noted.list[i]->from_id == old_map_id && noted.list[i]->typed;
	carry_free(&noted);
	return waits;
}

/* It is the map in place, or gives or gave way to it: what came into it comes along, or came. */
static bool is_of_place(const struct plan_map *map, const struct view *pinned, __u32 map_id)
{
	bool found =
		map_id == map->info.id || (map->state == PLAN_REPLACED && map_id == map->old_id);

	for (size_t i = 0; !found && i < pinned->len; i++)
		found = pinned->maps[i].old_id == map_id && is_left_of(&pinned->maps[i], map);
	return found;
}

/* The other place goes on with it, or did, and it gave way in this one, by the record. */
static bool gave_way(const struct carry_search *in, const struct plan_map *map,
                     const struct view *pinned, const struct view_map *old)
{
	__u32 to;

	return old->egress != map->egress && old->info.id != map->info.id &&
	       (!old->old_id || old->old_id == old->info.id) && !strcmp(old->name, map->name) &&
	       in->dir->has_record && carry_gave_way_get(&in->dir->record, old->info.id, &to) &&
	       is_of_place(map, pinned, to);
}

/* By the record: brought over into what is in this place, or it is not known into which map. */
static bool came(const struct carry_search *in, const struct plan_map *map,
                 const struct view *pinned, __u32 old_map_id)
{
	const struct record *rec = &in->dir->record;
	bool known = false;
	__u32 into;

	if (!in->dir->has_record || !carry_done_has(rec, old_map_id))
		return false;
	for (unsigned int i = 0; carry_into_get(rec, old_map_id, i, &into); i++) {
		if (is_of_place(map, pinned, into))
			return true;
		known = true;
	}
	return !known;
}

/* Brought over once already, as a list: its numbers would count twice. Or there is a note of it. */
static bool is_done(const struct carry_search *in, const struct plan_map *map,
                    const struct view *pinned, __u32 old_map_id)
{
	return came(in, map, pinned, old_map_id) ||
	       (directory_carries(in->dir, old_map_id) && !waits_for_types(in, map, old_map_id));
}

/*
 * Flat and in %egress/ it may be one map, where the hooks shared it, with a new one in either
 * place. It comes over once: counts go to the first. Of a list there is a copy for the other one
 * next time, as there is one note for each old map.
 */
static bool comes_into_other(const struct carry *carry, const struct plan_map *map,
                             __u32 old_map_id)
{
	for (size_t i = 0; i < carry->len; i++) {
		struct carried *one = carry->list[i];

		if (one->from_id != old_map_id || one->egress == map->egress || !one->placed ||
		    one->link)
			continue;
		if (one->class == MIGRATE_COUNTER) {
			note("map '%s': the hooks had one, %u, the counts of which cannot be told "
			     "apart: all of them go to map %u, none to %u",
			     map->name, old_map_id, one->to_id, map->info.id);
		} else {
			note("map '%s': the hooks had one, %u, which goes to map %u first, and "
			     "stays for %u as well",
			     map->name, old_map_id, one->to_id, map->info.id);
			one->again = true;
		}
		return true;
	}
	return false;
}

/* It has its %old name as well, or is known by the plan. */
static bool is_listed(const struct carry *carry, const struct plan_map *map, __u32 old_map_id)
{
	for (size_t i = 0; i < carry->len; i++)
		if (carry->list[i]->from_id == old_map_id && carry->list[i]->to_id == map->info.id)
			return true;
	return false;
}

static int add_all(struct carry *carry, const struct carry_search *in, struct elsewhere *others,
                   const struct view *pinned, const struct plan_map *map)
{
	int err = 0;

	if ((map->state == PLAN_REPLACED || map->parted) &&
	    !(map->joins && is_done(in, map, pinned, map->old_id)) &&
	    !comes_into_other(carry, map, map->old_id))
		err = add_one(carry, in, others, map, map->old_id, FROM_PLACE);
	if (!err && map->went_to && !is_done(in, map, pinned, map->went_to) &&
	    !comes_into_other(carry, map, map->went_to))
		err = add_one(carry, in, others, map, map->went_to, FROM_ANOTHER_NAME);
	for (size_t i = 0; !err && i < pinned->len; i++) {
		const struct view_map *old = &pinned->maps[i];

		/* What loses its name now may have the other one already: a killed run made it. */
		if ((!is_left_of(old, map) && !gave_way(in, map, pinned, old)) ||
		    (map->state == PLAN_REPLACED && old->info.id == map->old_id))
			continue;
		if (is_listed(carry, map, old->info.id) ||
		    comes_into_other(carry, map, old->info.id))
			continue;
		if (!is_done(in, map, pinned, old->info.id))
			err = add_one(carry, in, others, map, old->info.id,
			              old->old_id ? FROM_OLD_NAME : FROM_ANOTHER_NAME);
		else if (old->old_id && live_map_fd(in->live, old->old_id) < 0)
			carry_tell_done(old, in->dir);
	}
	return err;
}

/* After all that is said of single maps. */
static void tell_again(const struct carry *carry)
{
	for (size_t i = 0; i < carry->len; i++) {
		if (!carry->list[i]->again)
			continue;
		hint("repeat the command, to carry over there too what stays for that");
		return;
	}
}

int carry_find(struct carry *carry, const struct carry_search *in)
{
	struct view pinned = {};
	struct elsewhere others;
	int err;

	if (!directory_has_pins(in->dir))
		return 0;
	err = view_list(&pinned, in->dir);
	if (err)
		return err;
	err = elsewhere_look(&others, in->iface);
	if (err) {
		elsewhere_free(&others);
		view_close(&pinned);
		return failed(err, "cannot tell who else uses the maps of %s", in->iface->name);
	}
	qsort(pinned.maps, pinned.len, sizeof(*pinned.maps), compare_age);
	for (size_t i = 0; !err && i < in->plan->len; i++)
		if (plan_publishes(&in->plan->maps[i]) && plan_is_first(in->plan, i))
			err = add_all(carry, in, &others, &pinned, &in->plan->maps[i]);
	if (!err)
		tell_again(carry);
	if (!err)
		err = carry_leave_to_row(carry);
	/* Put into a row later, say, they count where readers look. */
	if (!err)
		carry_look_at_prepared(carry, &(struct carry_place){
						      .iface = in->iface,
						      .dir = in->dir,
						      .stage_fd = -1,
						      .hook = HOOKS,
						      .live = in->live,
					      });
	elsewhere_free(&others);
	view_close(&pinned);
	return err;
}

/* In %egress/ it keeps its name for as long as a program goes on with it. */
static bool is_old(const void *context, __u32 old_map_id)
{
	const struct view *pinned = context;

	for (size_t i = 0; i < pinned->len; i++) {
		const struct view_map *map = &pinned->maps[i];

		if (map->old_id == old_map_id || (map->egress && map->info.id == old_map_id))
			return true;
	}
	return false;
}

static bool is_pinned(const void *context, __u32 map_id)
{
	const struct view *pinned = context;

	for (size_t i = 0; i < pinned->len; i++)
		if (pinned->maps[i].info.id == map_id)
			return true;
	return false;
}

static bool is_own(const void *context, __u32 map_id)
{
	const struct view *pinned = context;

	for (size_t i = 0; i < pinned->len; i++) {
		const struct view_map *map = &pinned->maps[i];

		if (map->egress && !map->old_id && map->info.id == map_id)
			return true;
	}
	return false;
}

int carry_forget(const struct directory *dir, struct record *rec)
{
	struct view pinned;
	int err;

	if (dir->fd < 0 || !dir->has_record)
		return 0;
	err = view_list(&pinned, dir);
	if (err)
		return err;
	carry_done_keep(rec, is_old, is_pinned, &pinned);
	carry_gave_way_keep(rec, is_pinned, &pinned);
	carry_parted_keep(rec, is_own, &pinned);
	view_close(&pinned);
	return 0;
}
