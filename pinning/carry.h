/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is carried over from pinned maps into those that take their places. For a load, in the order
 * of the protocol: planned before the object is loaded, copied and reconciled before the switch,
 * taken over after it, finished after the pins were exchanged. For pin_maps, whose programs were
 * switched by others before, all of it comes after the exchange (carry_find.h). What is not
 * finished is noted in the directory, and carry_resume() goes on with it.
 */
#ifndef PINNING_CARRY_H
#define PINNING_CARRY_H

#include <stdbool.h>
#include "bpffs/directory.h"
#include "bpffs/name.h"
#include "bpffs/stage.h"
#include "pinning/migrate.h"
#include "pinning/progress.h"

struct live;
struct object;
struct plan;
struct plan_map;

/* One map that is carried over. */
struct carried {
	struct migration *m;
	struct migrate_map from, to;
	const struct bpf_map *map; /* of the object; NULL when a later run goes on with it */
	char name[NAME_SIZE];
	__u32 from_id, to_id; /* to_id once the object is loaded */
	int own_fd;           /* of the new one, where the object's does not do; or -1 */
	enum migrate_class class;
	bool egress;         /* pinned in %egress/ */
	bool placed;         /* the new one gets the old one's name */
	bool shared;         /* another program goes on with the old one */
	bool joins;          /* the new one is in use already: what it has stays */
	bool left_before;    /* with joins: the old one has its %old name already */
	bool left_out;       /* with joins: who has the old one was refused */
	__u32 beside[HOOKS]; /* by hook: another old one that a program there goes on with; or 0 */
	bool came_known;     /* with done: see carry_came_get() */
	__u64 came;
	__u64 edited;      /* with done: so many entries are missing, and it was edited since */
	bool done;         /* with joins: all of the old one that is wanted came over before */
	bool apart;        /* counters that stay with the sharers: the new map begins at zero */
	bool typed;        /* counters, of whose fields only the object tells that pin was given */
	bool guessed;      /* the class follows from the type, and what is in both may be counts */
	bool said;         /* config, and that does not follow from the type: only tools write it */
	bool settled;      /* the old one is closed to edits, and all of them are in the new one */
	char sharers[128]; /* who elsewhere goes on with the old one, for messages; or "" */
	bool finished;     /* nothing is left to be done about it */
	bool told;         /* where that is which is left in the old map */
	bool complete;     /* and nothing is left in the old map */
	bool again;        /* a list that the next run copies into the map of another hook */
	bool left_elsewhere;    /* other interfaces have the old one as such as well */
	bool anew;              /* fields of the kernel's own are lost */
	struct carried *lender; /* whose m it is, of the same maps in another directory; or NULL */
	__u32 named[HOOKS];     /* by hook: the first program said to have an old one still */
	bool link;              /* of a row: no plan in m, the program that it names comes over */
	bool slots;       /* of maps, see carry_slots.h: no plan in m, those inside come over */
	__u32 inner;      /* with slots: the types of what the new one takes, see carry_inner.h */
	__u64 slots_left; /* of these so many stay in the old one, the first because of: */
	char slots_why[128];
	bool event;    /* with why: the map holds no state at all, so nothing is lost */
	char why[256]; /* it cannot be carried over; "" if it can */
	struct progress progress;
};

struct carry {
	struct carried **list;
	size_t len;
	const char *verb;   /* whose work it is, for whoever has to finish it; NULL: load's */
	const char *ifname; /* whose maps these are; NULL when a later run goes on with them */
	/* The old map is that of another hook, holder, which goes first: say how; or NULL, where
	 * that is a load of this interface. */
	void (*hint_first)(const void *context, const struct carried *one,
	                   const struct plan_map *holder);
	const void *context;
};

/*
 * Plan to carry a pinned map over into a map of the object, and print what becomes of each field.
 * classes: "MAP=CLASS" words that override what the object says, NULL at the end; or NULL.
 * layout: of the pinned map's types, should it not be allowed to read them.
 * may_begin_anew: fields of the kernel's own, timers for one, may be lost; else that is refused.
 * Reports its failures. Returns 0, -EOPNOTSUPP if it cannot be done (the rows say why), or another
 * negative errno.
 */
int carry_plan(struct carry *carry, const struct object *object, const struct bpf_map *map,
               int pin_fd, enum layout_verdict layout, const char *const *classes,
               bool may_begin_anew);

/*
 * The same into a map that is in use, which the object has been given: it keeps what it has, and
 * gets what it lacks. left_before: the old map has its %old name already. done: of a list that came
 * over before, the record that says so, or NULL: what was deleted since must not come back; the old
 * map is only looked at, to see whether it can be dropped.
 */
int carry_join(struct carry *carry, const struct object *object, const struct bpf_map *map,
               int pin_fd, enum layout_verdict layout, const char *const *classes, bool left_before,
               const struct record *done);

/*
 * Whether carry_plan() could do it. Silent. Returns 0, -EOPNOTSUPP with the reason for the user, or
 * another negative errno.
 */
int carry_check(const struct object *object, const struct bpf_map *map, int pin_fd,
                enum layout_verdict layout, const char *const *classes, char *why, size_t size);

/* So many "MAP=CLASS" words can be given. */
#define CARRY_CLASSES_MAX 32

/*
 * Take one more word into the list, which has room for a NULL behind them. False: it is none, which
 * was said in the name of the tool.
 */
bool carry_parse_class(const char *tool, const char *text,
                       const char *classes[CARRY_CLASSES_MAX + 1]);

/* The class of a map: as one of these words says, else as its BTF (or NULL) or its type does. */
int carry_class(const struct btf *btf, const char *name, __u32 map_type,
                const char *const *classes);

/* One of these words, or its tag, says it: it does not follow from the type alone. */
bool carry_class_is_said(const struct btf *btf, const char *name, const char *const *classes);

/*
 * one->guessed, and the new map is in use: what both programs counted would be lost but for the new
 * one's, and nothing tells that they do not count there. If entries are in both, one->why says so,
 * and hints name the commands by which the user says it. Clears one->guessed where programs cannot
 * count. has_object: the user named one. Reports its failures. Returns 0 or a negative errno.
 */
int carry_check_guess(struct carried *one, const char *ifname, bool has_object);

/*
 * Each word must be about a map of the object, or of the plan: a slip of the pen would lose counts.
 * Returns 0, or -EINVAL with a message that lists the maps.
 */
int carry_check_classes(const struct object *object, const char *const *classes);
int carry_check_planned(const struct plan *plan, const char *ifname, const char *const *classes);

/* For migrate_set_progress(), with one of the list as its context. */
void carry_show_progress(void *context, __u64 done, __u64 total);

/* One more, of which the caller fills in the rest; NULL if there is no memory. */
struct carried *carry_add(struct carry *carry, const char *name, enum migrate_class class);

/*
 * one->sharers go on with the old map: say what follows. Their counts stay with them, so that a new
 * map of counters begins at zero; all else is copied.
 */
void carry_keep_apart(struct carried *one);

/* What could not be brought over, entries and counters; of a dry run what will not fit. */
__u64 carry_left(const struct carried *one);

/* The first of it, for the user: "key 7: value.note does not fit". */
void carry_left_why(const struct carried *one, char *text, size_t size);

/*
 * Entries of a list in which a number went on in both maps, as programs count: what the old one
 * gained between the last comparison before the switch and the one after it is lost.
 */
__u64 carry_lost(const struct carried *one);

/*
 * one->done: how many entries of the old list the new one lacks, or has otherwise; sets
 * one->edited. Reports its failures. Returns 0 or a negative errno.
 */
int carry_compare_done(struct carried *one, __u64 *missing);

/*
 * The part of it that could not be told: entries that were written as a whole, while the new
 * program may have counted in them. Not of what only tools write.
 */
__u64 carry_overwritten(const struct carried *one);

/* A dry run, after planning: count what will not fit. Reports its failures. */
int carry_foresee(struct carry *carry);

/* Copying takes long: something else is carried over than the counters of arrays, which wait for
 * the switch. */
bool carry_is_bulky(const struct carry *carry);

/* The object is loaded: copy what is copied before the switch. Reports its failures. */
int carry_copy(struct carry *carry);

/*
 * Note in the stage what a later run needs to go on after the switch. stage NULL: only see that
 * each of the new maps gets its place, as it would. Reports its failures.
 */
int carry_stage(struct carry *carry, const struct plan *plan, struct stage *stage);

/* Bring over what others changed meanwhile, directly before the switch. Reports its failures. */
int carry_reconcile(struct carry *carry);

/* The switch failed: say what carry_reconcile() added to maps that others use. */
void carry_tell_added(const struct carry *carry);

/*
 * The new program is on its hook, there is no way back, and the pins are still to be exchanged:
 * bring over what was edited up to now, close the old maps to edits by system calls, if nobody else
 * goes on with them, and bring over the last. So an edit is either in the new map or was refused
 * (EPERM). Where the kernel does not close a map, or this fails, which is reported, carry_finish()
 * brings over the rest. stage_fd: where carry_stage() noted them.
 */
void carry_take_over(struct carry *carry, int stage_fd);

struct carry_place {
	const struct interface *iface;
	const struct directory *dir;
	int stage_fd;
	enum hook hook; /* of the new program; HOOKS: others switched, on whatever hook */
	bool switched;  /* else the new program is only prepared */
	/* With HOOKS: what runs, and is no prepared program. */
	const struct live *live;
};

/*
 * Before that, once the old program is off the interface: look whether one that is not on it uses
 * an old map, or one that is only prepared, or a slot of a map of maps has it. The slots get the
 * new one, where that can be; else the map is left to those, stays pinned, and keeps its counts if
 * they run elsewhere; what cannot be told may be so. Said, and noted in the stage.
 */
void carry_look_elsewhere(struct carry *carry, const struct carry_place *at);

/* The part of it that is about prepared programs. stage_fd -1: carry_stage() is to note it. */
void carry_look_at_prepared(struct carry *carry, const struct carry_place *at);

/* Note in the stage that one->shared, or one->sharers, is set now. */
void carry_note_shared(const struct carried *one, int stage_fd);

/* recover_stages(), with the same for what killed loads left. */
int carry_recover(const struct bpffs *fs, const struct interface *iface);

/*
 * The new maps are in use and published: bring over what others changed in the old ones that
 * could not be closed to edits, merge counters, and say what could not be kept. The caller holds
 * the directory's lock. Reports its failures, and tries all maps. Returns 0 or the first negative
 * errno.
 */
int carry_finish(struct carry *carry);

/* The same for one->link, of the interface of that name: in one step for packets. */
int carry_finish_link(struct carried *one, const char *ifname);

/*
 * Planning: the programs that one->link leads to go on with maps that are carried over as well: set
 * one->shared of these, so that they keep their pins for what is counted there later. Reports its
 * failures. Returns 0 or a negative errno.
 */
int carry_leave_to_row(struct carry *carry);

/*
 * The pins were exchanged and the stage has ended: finish, while other writers go on, and then
 * settle. The caller holds bpffs_lock() and the directory's lock; on return only the first. rec:
 * the record that the directory has then. Reports its failures. Returns 0 or the first negative
 * errno, and what is not finished waits for the next run.
 */
int carry_conclude(struct carry *carry, struct bpffs *fs, const struct interface *iface,
                   struct directory *dir, struct record *rec);

/*
 * Drop old maps of which nothing is left, and the notes of what is finished. The caller holds
 * bpffs_lock(); rec is the record that the directory keeps. Reports its failures.
 */
int carry_settle(const struct carry *carry, const struct bpffs *fs, const char *ifname,
                 struct directory *dir, struct record *rec);

/*
 * Say what helps with what could not be brought over, and with what earlier runs left of these
 * maps. All is settled, and the caller still holds bpffs_lock().
 */
void carry_tell_left(const struct carry *carry, const struct directory *dir);

/* Of several directories, the first part of it for each further one: where it is, if not told yet.
 */
void carry_tell_where(const struct carry *carry, const struct directory *dir);

/* A list that came over before, and stays: say that, if something is in it. */
struct view_map;
void carry_tell_done(const struct view_map *old, const struct directory *dir);

/*
 * Go on with what a load that was killed, or that failed at it, left to do in a directory. The
 * caller holds bpffs_lock() and has recovered the stages, but not the directory's lock. What fails
 * is reported, and stays for the next run.
 */
void carry_resume(struct bpffs *fs, struct directory *dir);

/* The same, and bpffs_lock() is given back for as long as content is brought over. */
void carry_resume_apart(struct bpffs *fs, struct directory *dir);

/* There is something to go on with. Silent. */
bool carry_is_pending(const struct directory *dir);

/* Whether the map of that id is carried over into this map of the object. */
bool carry_brings(const struct carry *carry, const struct bpf_map *map, __u32 from_id);

/*
 * Move all of one list to the end of another; what is about the same two maps there, goes. Returns
 * 0 or -ENOMEM.
 */
int carry_move(struct carry *to, struct carry *from);
void carry_free(struct carry *carry);

#endif
