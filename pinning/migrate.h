/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moving the content of one map into another whose definition differs: field by field by BTF name,
 * key by key, CPU by CPU. The order, around the switch from the old program to the new one:
 *
 *   migrate_plan()       may it be done, and what becomes of each field
 *   migrate_copy()       before the switch; migrate_snapshot() gives what a later run needs
 *   migrate_reconcile()  any number of times: directly before the switch, and after it
 *   migrate_merge()      after the switch
 *
 * Each step does nothing for a map whose class does not need it, so a caller takes the same four
 * steps for every map. Needs CAP_BPF; migrate_merge() also CAP_NET_ADMIN; BTF of a map that is
 * pinned also CAP_SYS_ADMIN, without which only maps of equal sizes can be moved.
 */
#ifndef PINNING_MIGRATE_H
#define PINNING_MIGRATE_H

#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "pinning/shape.h"

struct btf;

/* What the content of a map is to its users: see migrate_bound() for what each promises. */
enum migrate_class {
	MIGRATE_CONFIG,  /* lists, rules, ports: written by tools */
	MIGRATE_COUNTER, /* integers that programs only add to */
	MIGRATE_FLOW,    /* state that programs keep for connections */
};

/* "config", "counter", "flow". */
const char *migrate_class_name(enum migrate_class class);

/* The class of that name, or -EINVAL. */
int migrate_class_parse(const char *name);

/*
 * The class of a map of an object: the tag on its variable,
 *     struct { ... } rules SEC(".maps") __attribute__((btf_decl_tag("ifbpf:config")));
 * else MIGRATE_COUNTER for per-CPU types, MIGRATE_CONFIG for others. btf may be NULL.
 */
enum migrate_class migrate_class_of(const struct btf *btf, const char *map, __u32 map_type);

/* There is such a tag: Linux before 5.16 keeps none of those that it is given. */
bool migrate_class_is_tagged(const struct btf *btf, const char *map);

/* Ring buffers and perf event arrays: events are on their way in them to a reader, and no state. */
bool migrate_is_stream(__u32 map_type);

/* One of the two maps. */
struct migrate_map {
	int fd; /* the caller's; -1 while the map does not exist yet */
	struct bpf_map_info info;
	const struct btf *btf;      /* of the types below, or NULL */
	__u32 key_type, value_type; /* BTF type ids, or 0 */
	struct btf *own_btf;        /* what migrate_map_close() frees */
	bool btf_denied;            /* it has BTF, which takes CAP_SYS_ADMIN to read */
	enum layout_verdict layout; /* then, for the old one: the caller's; else unknown */
};

/*
 * Describe a map that exists; its BTF comes from the kernel, if it has one and this process may
 * read it. fd must stay open as long as the map is used here. Returns 0 or a negative errno.
 */
int migrate_map_open(struct migrate_map *map, int fd);

/*
 * Describe a map of an object, created or not: enough for a plan, and with migrate_set_target() for
 * the rest. The object must stay open as long as the map is used here.
 */
void migrate_map_define(struct migrate_map *map, const struct bpf_object *obj,
                        const struct bpf_map *def);

/* Frees the BTF of migrate_map_open(); leaves fd open. */
void migrate_map_close(struct migrate_map *map);

/* What becomes of a field, or of a property of the map. */
enum migrate_outcome {
	MIGRATE_KEPT,
	MIGRATE_WIDENED,
	MIGRATE_NARROWED, /* entries whose value does not fit stay in the old map */
	MIGRATE_GROWN,    /* more elements, or more entries */
	MIGRATE_CUT,      /* fewer: what does not fit stays in the old map */
	MIGRATE_ADDED,    /* zero */
	MIGRATE_ANEW,     /* the kernel's own in both, which cannot be read: a timer, a kptr */
	MIGRATE_DROPPED,
	MIGRATE_CHANGED, /* the type of the map, its flags */
	MIGRATE_ASSUMED, /* there are no types to compare: see why */
	MIGRATE_REFUSED, /* see why */
};

/* "kept", "widened", ... */
const char *migrate_outcome_name(enum migrate_outcome outcome);

struct migrate_row {
	enum migrate_outcome outcome;
	char field[64]; /* "type", "max entries", "key", "value.rx_packets" */
	char from[64], to[64];
	char why[112]; /* or empty */
};

struct migration;

/*
 * Make the plan for moving the content of `from` to `to`. Both are copied, what they point to stays
 * the caller's and must outlive the migration. Returns 0; -EOPNOTSUPP if the content cannot be
 * moved, and the rows then say why; another negative errno with *m NULL.
 */
int migrate_plan(struct migration **m, const struct migrate_map *from, const struct migrate_map *to,
                 enum migrate_class class);
void migrate_free(struct migration *m);

/* The plan as rows, valid until migrate_free(). */
const struct migrate_row *migrate_rows(const struct migration *m, size_t *len);

/* Every row is kept: both maps are defined alike. */
bool migrate_is_alike(const struct migration *m);

/* Whether programs may count in values of the new map at all. */
bool migrate_may_count(const struct migration *m);

/* Nothing is known to differ, but not all could be compared. */
bool migrate_is_assumed(const struct migration *m);

/* The first field that is MIGRATE_ANEW: "value.timer"; else NULL. Valid until migrate_free(). */
const char *migrate_begins_anew(const struct migration *m);

/* The first counter that no instruction can add: "value.packets"; else NULL. Valid as long. */
const char *migrate_cannot_add(const struct migration *m);

/* The first row that is refused: "type: it holds other maps"; else "". */
void migrate_why_refused(const struct migration *m, char *text, size_t size);

/* Print them as a table: field, old, new, what becomes of it. */
void migrate_print(const struct migration *m, FILE *out);

/* The descriptor of the new map, for a plan that was made before the map was. */
void migrate_set_target(struct migration *m, int fd);

/*
 * Have `progress` called now and then by the steps below. done and total count entries; total is
 * what the old map has room for, since the kernel does not say how many it holds.
 */
void migrate_set_progress(struct migration *m,
                          void (*progress)(void *context, __u64 done, __u64 total), void *context);

/*
 * Instead of the steps below, with both maps in place: how many entries of the old map the new one
 * has not, or has with another value. Reports failures. Returns 0 or a negative errno.
 */
int migrate_count_missing(struct migration *m, __u64 *missing);

/*
 * A number for all entries of a map, keys and values: another one, as good as certainly, once
 * anything in it is edited. The second is of the old map as it was when it was compared last, of
 * CONFIG and FLOW. The first reports its failures, and returns 0 or a negative errno.
 */
int migrate_fingerprint(int map_fd, __u64 *print);
__u64 migrate_fingerprint_came(const struct migration *m);

/*
 * Instead of the steps below, after migrate_begin() where the new map is in use: read the old map,
 * and note in the report how many entries would be left in it, or counters, fields and the first of
 * them, as far as that follows from the definitions and from what is in the new map; and how many
 * would be made in one that is in use, how many are in that already, and how many of these differ.
 * may_try: the new map exists and is thrown away afterwards, so that an LRU map may be filled to
 * see what it drops. Reports failures. Returns 0 or a negative errno.
 */
int migrate_foresee(struct migration *m, bool may_try);

/*
 * The new map is in use (migrate_begin()): how many of its entries could not be made because it is
 * frozen. Changes nothing. Reports failures. Returns 0 or a negative errno.
 */
int migrate_count_refused(struct migration *m, __u64 *refused);

/*
 * The new map is in use (migrate_begin()): how many entries are in both maps. Changes nothing.
 * Reports failures. Returns 0 or a negative errno.
 */
int migrate_count_in_both(struct migration *m, __u64 *in_both);

/*
 * Whether migrate_copy() has something to do: of counters in hashes it copies the keys, with zeros,
 * since programs ask whether a key is there, and to a list with counts that is the verdict.
 */
bool migrate_copies(const struct migration *m);

/*
 * Copy all entries, or keys, into the new map, which nobody else uses yet and which is empty, and
 * remember what was copied. An LRU map drops entries to make room: those are left behind as well.
 * Reports failures. Returns 0, also if entries were left behind (see the report), or a negative
 * errno.
 */
int migrate_copy(struct migration *m);

/* The new program has been switched on: from here on the new map holds what that counts. */
void migrate_set_in_use(struct migration *m);

/*
 * Instead of migrate_copy(), where the new map is in use already: nothing was copied, so that
 * migrate_reconcile() adds what the new map lacks, of counters the keys, and of entries that differ
 * keeps the new one.
 */
void migrate_begin(struct migration *m);

/*
 * Bring over what others changed in the old map since migrate_copy() or the last call of this; of
 * counters in hashes, which keys there are: one that is new is made, with zeros, and one that is
 * gone is taken out again if the new map was given it here and has counted nothing in it. Not once
 * others find the new map by its name. Of CONFIG and FLOW the rule, for each key, where "copied" is
 * what this process put into the new map:
 *   - the old map still has what was copied: the new map is left as it is, edited or not;
 *   - the old map has another value, and the new map what was copied: the new map gets it;
 *   - the key is new in the old map: it is added, unless the new map has it already;
 *   - the key is gone from the old map, and the new map has what was copied: it is deleted there
 *     (an array's slot: zeroed), also if it was an LRU map that dropped it, to make room;
 *   - both were changed: the new map wins, and the report counts a conflict.
 * Of CONFIG, what a new map that is an LRU has dropped meanwhile counts as left behind.
 * Of CONFIG a number that has changed in both, by the same also, may have been counted in twice:
 * the report says so. Each comparison and the write after it are two system calls: an edit of the
 * same entry of the new map that falls between them is overwritten, but for CONFIG once a program
 * uses the new map: then what has changed is replaced in place, only where it still is as it was
 * compared; if that cannot be done, the report counts the entry as overwritten. Reports failures.
 * Returns 0 or a negative errno.
 */
int migrate_reconcile(struct migration *m);

/*
 * Close the old map to writes by system calls, for good; programs may go on writing. Who writes
 * just now is waited for, for a moment. What is frozen already is well. Returns 0; -ENOTSUPP for a
 * map with fields that belong to the kernel (timers, locks), -EBUSY for one that somebody has
 * mapped into memory to write, or writes without a pause; or another negative errno. Silent.
 */
int migrate_freeze(struct migration *m);

/*
 * Keep what was copied in a map of its own, so that another process can go on after this one was
 * killed: pin it before the switch. From then on each migrate_reconcile() keeps it current. Returns
 * a descriptor, closed by migrate_free(), or a negative errno, reported; -ENODATA if nothing was.
 */
int migrate_snapshot(struct migration *m);

/*
 * Go on from such a map instead of calling migrate_copy(). Without it (fd -1) migrate_reconcile()
 * adds what the new map lacks, and of entries that differ keeps the new one. Returns 0 or a
 * negative errno, reported.
 */
int migrate_resume(struct migration *m, int fd);

/*
 * COUNTER: add every counter of the old map to the new one and zero it in the old, by a BPF program
 * (tc, by BPF_PROG_TEST_RUN) that runs once on each CPU: no count is lost or doubled while packets
 * flow, nor by a second call. Keys that the new map lacks are created first, all of them before any
 * count is added; but not those that it was given by migrate_copy(): somebody took them out since,
 * and their counts go with them (not of an LRU map, which drops keys by itself). What is a counter:
 * integers of 2, 4 and 8 bytes, if neither enums nor __be16, __be32 and __be64; a field tagged
 * btf_decl_tag("ifbpf:max") becomes the greater of both; other fields are copied where the new one
 * is still zero. Where it is not, the old one is kept in the old map if it may be a count as well:
 * a union, or an integer of one byte that differs. So are counts of 2 bytes on Linux before 5.12,
 * and at the end of a value that has no 4 bytes there. The slots of CPUs that are offline are
 * merged on another CPU (Linux 5.19), else left where they are. The calling thread visits every CPU
 * and returns to its own affinity. Reports failures. Returns 0, also if something was left in the
 * old map (see the report), or a negative errno; -EPERM also if this thread may not run on a CPU
 * that is online, whose counters then stay in the old map.
 */
int migrate_merge(struct migration *m);

/* An entry that could not be moved. */
struct migrate_problem {
	char key[72];
	char why[112];
};

#define MIGRATE_PROBLEMS 8

struct migrate_report {
	__u64 entries; /* in the old map, as far as they were read by the last step */
	__u64 moved;   /* copied, or merged */
	__u64 created; /* keys made in the new map by migrate_merge() */
	__u64 left; /* entries that stayed in the old map alone: did not fit, no room, key clash */
	__u64 in_both;                 /* by migrate_foresee(): that a new map in use has as well */
	__u64 added, changed, deleted; /* by migrate_reconcile(), all calls together */
	__u64 conflicts;               /* changed in both maps: the new one won */
	__u64 counts_in_both;          /* of these, in so many an integer had changed in both */
	__u64 overwritten;   /* changed as a whole, while a program may have counted in them */
	__u64 keys_stay;     /* of counters: gone from the old map, and counted in in the new one */
	__u64 counters_left; /* counters (of one CPU) that did not fit their narrower field */
	__u64 fields_left;   /* fields (of one CPU) that may count and could not be added */
	unsigned int cpus_left; /* offline CPUs whose slots could not be merged */
	struct migrate_problem problems[MIGRATE_PROBLEMS]; /* the first of those left */
	unsigned int problem_count;
};

const struct migrate_report *migrate_report(const struct migration *m);

/* For the user: what the class promises, and what is or can be lost. Valid until migrate_free(). */
const char *migrate_bound(const struct migration *m);

#endif
