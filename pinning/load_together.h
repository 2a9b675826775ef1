/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load --shared with maps that are carried over: once, into the maps that all interfaces get. All
 * of them are prepared first, then one program after the other is switched, then the old maps are
 * closed to edits and the pins exchanged, and what the old maps counted is added to the new ones
 * when nobody finds them by name any more. No other writer has its turn in between.
 */
#ifndef PINNING_LOAD_TOGETHER_H
#define PINNING_LOAD_TOGETHER_H

#include <sys/types.h>
#include "pinning/explain.h"
#include "pinning/load_internal.h"
#include "pinning/loader.h"
#include "pinning/reuse.h"

/* An old map, of a name that the object has, which an interface has beside another one. */
struct load_left {
	__u32 id;
	size_t iface;
	bool own; /* of its egress program, under the name, as another hook has a new one */
};

/* What is pinned under the names of the object's maps, interface by interface. */
struct load_present {
	char **ifnames;
	struct interface *ifaces; /* zeros: not found */
	size_t count, maps;
	struct reuse_pinned *pinned, *all; /* see load_pinned_at() */
	struct load_left *left;            /* old maps, beside others of their names */
	size_t left_len;
	bool together; /* content is to be carried over that several have */
};

static inline struct reuse_pinned *load_pinned_at(const struct load_present *p, size_t iface,
                                                  size_t map)
{
	return &p->pinned[iface * p->maps + map];
}

void load_present_free(struct load_present *p);

/*
 * load_sets.c: all is listed: put the interface first that has the set which all shall get, and set
 * together. Reports its failures, and what holds no state. Returns 0, -EEXIST for two different
 * sets, see load_share(), or another negative errno.
 */
int load_choose_set(struct load_present *p, const struct object *object,
                    const struct load_options *options);

static inline bool load_is_together(const struct loading *l)
{
	return l->options->session && l->options->session->together;
}

/*
 * Become the one writer, and end what killed runs left on each of the interfaces: before anything
 * is looked at. What is wrong with one is told by its own load. Reports its failures. Returns 0 or
 * a negative errno.
 */
int load_resume_all(char **ifnames, size_t count, struct load_session *session);

/*
 * For the first load, whose maps are planned: others have a map still that is to come into the one
 * which this one uses on. Reports its failures. Returns 0 or a negative errno.
 */
int load_join_others(struct loading *l);

/*
 * The object is not loaded yet, and what is pinned for an interface was refused, which was said:
 * the next one may have the same maps. Returns whose they are, or NULL.
 */
void load_note_refused(const struct loading *l);
const struct interface *load_refused_alike(const struct loading *l);

/*
 * Another interface than the first has a map left by which its program on the hook goes, so that
 * what is in it comes into the maps that all get. False also where that cannot be told.
 */
bool load_follows_with(const struct load_present *p, const struct load_left *left, enum hook hook,
                       struct netlink *netlink);

/* Leave out what is pinned in the directories of those that go along. */
void load_forget_members(const struct loading *l, struct owners *owners);

/*
 * For another load than the first: list what is carried over in the report, as far as this
 * directory has the old map. Returns 0 or a negative errno, reported.
 */
int load_share_carry(struct loading *l);

/* For struct carry, with the struct loading: what another hook has goes first, on all of them. */
void load_hint_first(const void *context, const struct carried *one, const struct plan_map *holder);

/* One of the interfaces; begins as zeros but for the first. */
struct load_member {
	const struct interface *iface; /* NULL: none */
	struct loading *l;
	struct load_report report; /* for load_report_free() */
	struct explanation explanation;
	int err;
	bool on; /* the program is on its hook, or prepared */
};

/*
 * Load onto all of them; of each, what came of it is in err, report and explanation. The object
 * must be open until the reports are released, the one of the first that has an interface last.
 * Reports failures; what fails on one does not stop the others, but for what all of them need.
 */
void load_together(struct load_member *members, size_t count, struct object *object,
                   const struct load_options *options);

/*
 * All are prepared, and nothing is switched yet: of those that were refused, what is in their maps
 * alone does not come into the maps of the others. carry: of the first, which planned for all.
 */
void load_leave_out_refused(struct carry *carry, const struct load_member *members,
                            const struct object *object, const struct load_present *p);

#endif
