// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "bpffs/libxdp.h"
#include "bpffs/log.h"
#include "pinning/carry_others.h"
#include "pinning/load_together.h"

/* What one of them holds open until all are done. */
#define OPEN_FILES 10

static void allow_open_files(size_t count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= (count + 10) * OPEN_FILES)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* An object that is loaded once has one explanation: it is of the interface at work. */
static void begin_with(struct load_member *m, struct object *object)
{
	object->explanation = m->explanation;
}

static void end_with(struct load_member *m, struct object *object, int err)
{
	m->err = err;
	if (err)
		explain_end(&object->explanation, err, m->l ? m->l->attaching.refusal : "", "");
	m->explanation = object->explanation;
}

static int prepare(struct load_member *m, struct object *object, const struct load_options *options)
{
	int err;

	explain_next_interface(&object->explanation);
	m->l = calloc(1, sizeof(*m->l));
	if (!m->l)
		err = failed(-ENOMEM, "cannot load onto %s", m->iface->name);
	else
		err = load_prepare(m->l, m->iface, object, options, &m->report);
	if (m->l) {
		/* Descriptors, of which there would be many. */
		live_free(&m->l->live);
		live_free(&m->l->replaced);
	}
	end_with(m, object, err);
	return err;
}

/* Without the one that copies, nobody can have the copy. */
static void give_up(struct load_member *m, struct object *object, const char *first)
{
	explain_next_interface(&object->explanation);
	explain_try(&object->explanation, EXPLAIN_MAPS);
	rejected(-ECANCELED,
	         "cannot load onto %s: its maps were to be carried over with those of %s",
	         m->iface->name, first);
	end_with(m, object, -ECANCELED);
}

/* Returns the one that planned and copied for all, or NULL if nothing may be switched. */
static struct load_member *prepare_all(struct load_member *members, size_t count,
                                       struct object *object, const struct load_options *options)
{
	struct load_member *first = NULL;
	const char *failed_first = NULL;

	for (size_t i = 0; i < count; i++) {
		struct load_member *m = &members[i];
		bool was_loaded = object->loaded;

		if (!m->iface)
			continue;
		if (failed_first) {
			give_up(m, object, failed_first);
			continue;
		}
		prepare(m, object, options);
		if (options->session->join_refused)
			failed_first = m->iface->name;
		if (was_loaded || !object->loaded)
			continue;
		if (m->err)
			failed_first = m->iface->name;
		else
			first = m;
	}
	return first;
}

static struct carried *find(const struct carry *carry, __u32 from_id, const struct bpf_map *map)
{
	for (size_t i = 0; i < carry->len; i++)
		if (carry->list[i]->from_id == from_id && carry->list[i]->map == map)
			return carry->list[i];
	return NULL;
}

/* Whatever goes on with an old map on one of them, goes on with it for all. */
static void gather(struct carry *carry, const struct load_member *m)
{
	for (size_t i = 0; i < m->report.carry.len; i++) {
		const struct carried *copy = m->report.carry.list[i];
		struct carried *one = find(carry, copy->from_id, copy->map);

		if (one && one != copy)
			one->shared |= copy->shared;
	}
}

/* How it stands with each map, for the directory of another one. */
static void hand_on(const struct carry *carry, struct load_member *m)
{
	for (size_t i = 0; i < m->report.carry.len; i++) {
		struct carried *copy = m->report.carry.list[i];
		const struct carried *one = find(carry, copy->from_id, copy->map);

		if (!one || one == copy)
			continue;
		copy->shared = one->shared;
		copy->settled = one->settled;
		copy->finished = one->finished;
		copy->complete = one->complete;
		copy->edited = one->edited;
		memcpy(copy->sharers, one->sharers, sizeof(copy->sharers));
	}
}

static void note_all(const struct load_member *m)
{
	for (size_t i = 0; i < m->report.carry.len; i++)
		if (!m->report.carry.list[i]->finished && !m->report.carry.list[i]->done)
			carry_note_shared(m->report.carry.list[i], m->l->stage.fd);
}

static bool is_gone(const struct interface *iface)
{
	struct interface now;

	return interface_by_index(&now, iface->ifindex) == -ENODEV;
}

/* What was not switched keeps the old maps that it has; the counts of one that is gone come along.
 */
static void leave_to_failed(struct carry *carry, const struct load_member *members, size_t count,
                            const struct object *object, const struct load_present *p)
{
	const struct bpf_map *map;
	size_t m = 0;
	bool gone;

	bpf_object__for_each_map(map, object->obj) {
		for (size_t i = 0; i < count; i++) {
			struct carried *one = find(carry, load_pinned_at(p, i, m)->id, map);

			if (members[i].on || !members[i].iface || !one || *one->sharers ||
			    one->left_out)
				continue;
			gone = is_gone(members[i].iface);
			if (gone && one->class == MIGRATE_COUNTER)
				continue;
			one->shared |= !gone;
			snprintf(one->sharers, sizeof(one->sharers), "%s", p->ifnames[i]);
			note("map '%s': %s was not switched, and keeps the old one%s", one->name,
			     p->ifnames[i],
			     one->class == MIGRATE_COUNTER ? ", where all counts up to now stay"
			                                   : ": the new one is a copy");
		}
		m++;
	}
}

/* Returns how many have the program. */
static size_t switch_all(struct load_member *members, size_t count, struct object *object)
{
	size_t on = 0;

	for (size_t i = 0; i < count; i++) {
		struct load_member *m = &members[i];
		int err;

		if (!m->iface || m->err)
			continue;
		begin_with(m, object);
		err = load_put_on(m->l);
		m->on = !err;
		on += m->on;
		end_with(m, object, err);
	}
	return on;
}

static struct carry_place place_of(const struct load_member *m, const struct load_options *options)
{
	return (struct carry_place){
		.iface = m->iface,
		.dir = &m->l->dir,
		.stage_fd = m->l->stage.fd,
		.hook = m->l->object->hook,
		.switched = !options->no_attach,
	};
}

/* All that could be are switched, and the old maps have their names still. */
static void take_over(struct carry *carry, struct load_member *members, size_t count,
                      const struct load_options *options)
{
	const struct load_member *first = NULL;
	struct carry_place at;

	for (size_t i = 0; i < count; i++) {
		struct load_member *m = &members[i];

		if (!m->on)
			continue;
		at = place_of(m, options);
		if (first)
			carry_look_at_prepared(&m->report.carry, &at);
		first = first ? first : m;
		gather(carry, m);
	}
	at = place_of(first, options);
	carry_look_elsewhere(carry, &at);
	if (!options->no_attach)
		carry_take_over(carry, at.stage_fd);
	for (size_t i = 0; i < count; i++) {
		if (!members[i].on)
			continue;
		hand_on(carry, &members[i]);
		note_all(&members[i]);
	}
}

/* Returns whether each that has the program has its pins as well. */
static bool publish_all(struct load_member *members, size_t count, struct object *object)
{
	bool all = true;

	for (size_t i = 0; i < count; i++) {
		struct load_member *m = &members[i];
		struct loading *l = m->l;
		int err;

		if (!m->on)
			continue;
		begin_with(m, object);
		err = load_publish(l);
		m->report.gen = l->rec.gen;
		if (!err) {
			load_tell_outside(l);
			load_tell_gave_way(l);
			load_tell_row_left(l);
		}
		if (!err && l->old && l->old->by == ATTACH_XDP && !l->options->no_attach)
			libxdp_tell_left(&l->fs, l->old->prog_id, m->iface->name);
		end_with(m, object, err);
		all = all && !err;
		if (!err)
			stage_end(&l->stage);
	}
	return all;
}

/* Each directory drops its old pins, and its notes; then those which are not among them do. */
static void settle_all(struct carry *carry, struct load_member *members, size_t count, int err)
{
	const struct load_member *last = NULL;
	bool told = false;

	for (size_t i = 0; i < count; i++) {
		struct load_member *m = &members[i];
		struct record rec;
		int one;

		if (!m->on || m->err || !m->report.carry.len)
			continue;
		hand_on(carry, m);
		rec = m->l->dir.record;
		one = carry_settle(&m->report.carry, &m->l->fs, m->iface->name, &m->l->dir, &rec);
		if (!one && !told)
			carry_tell_left(carry, &m->l->dir);
		else if (!one)
			carry_tell_where(carry, &m->l->dir);
		told |= !one;
		m->report.gen = m->l->dir.record.gen;
		m->report.unfinished = err || one;
		last = one ? last : m;
	}
	if (last)
		carry_settle_others(carry, &last->l->fs, &last->l->dir);
}

static void change_all(struct load_member *first, struct load_member *members, size_t count,
                       struct object *object, const struct load_options *options)
{
	struct carry *carry = &first->report.carry;
	int err;

	load_leave_out_refused(carry, members, object, options->session->present);
	err = carry_reconcile(carry);
	if (err) {
		for (size_t i = 0; i < count; i++) {
			if (!members[i].iface || members[i].err)
				continue;
			begin_with(&members[i], object);
			explain_try(&object->explanation, EXPLAIN_MAPS);
			end_with(&members[i], object, err);
		}
		return;
	}
	if (!switch_all(members, count, object)) {
		carry_tell_added(carry);
		return;
	}
	leave_to_failed(carry, members, count, object, options->session->present);
	take_over(carry, members, count, options);
	if (publish_all(members, count, object)) {
		settle_all(carry, members, count, carry_finish(carry));
		return;
	}
	/* Who has the old maps by their names must not see them drained. */
	for (size_t i = 0; i < count; i++)
		members[i].report.unfinished = members[i].on && !members[i].err;
}

static void foresee_all(struct load_member *members, size_t count, struct object *object)
{
	for (size_t i = 0; i < count; i++) {
		if (!members[i].iface || members[i].err)
			continue;
		begin_with(&members[i], object);
		end_with(&members[i], object, load_change(members[i].l));
	}
}

/* What ends the run of somebody else, lets other writers have their turn. */
static void end_all(struct load_member *members, size_t count, bool lost)
{
	for (size_t i = 0; i < count; i++) {
		struct load_member *m = &members[i];

		if (!m->l || m->l->lost != lost)
			continue;
		load_end(m->l, m->err);
		free(m->l);
		m->l = NULL;
	}
}

void load_together(struct load_member *members, size_t count, struct object *object,
                   const struct load_options *options)
{
	struct load_member *first;

	allow_open_files(count);
	first = prepare_all(members, count, object, options);
	if (first && options->dry_run)
		foresee_all(members, count, object);
	else if (first)
		change_all(first, members, count, object, options);
	for (size_t i = 0; i < count; i++) {
		if (!members[i].iface || members[i].err)
			continue;
		begin_with(&members[i], object);
		explain_end(&object->explanation, 0, "",
		            options->dry_run ? "--dry-run" : "--no-attach");
		members[i].explanation = object->explanation;
	}
	end_all(members, count, false);
	end_all(members, count, true);
}
