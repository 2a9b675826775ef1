/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of pinning/migrate share. */
#ifndef PINNING_MIGRATE_INTERNAL_H
#define PINNING_MIGRATE_INTERNAL_H

#include "pinning/migrate.h"
#include "pinning/migrate_entries.h"
#include "pinning/migrate_fields.h"
#include "pinning/migrate_table.h"

struct exchange;

struct migration {
	struct migrate_map from, to;
	enum migrate_class class;
	struct migrate_rows rows;
	struct fields key, value;
	struct table base; /* what was copied: old keys, old values */
	bool has_base;
	bool copied;               /* by migrate_copy(): what is not in the base came since */
	bool in_use;               /* the new map: a program counts in it */
	bool resumed;              /* or may have, since another process copied it */
	struct exchange *exchange; /* of migrate_exchange.c, or NULL */
	__u32 round;               /* of comparing: entries seen in it carry its number */
	int snapshot_fd;           /* base as a map, or -1 */
	struct migrate_report report;
	void (*progress)(void *context, __u64 done, __u64 total);
	void *progress_context;
	char why[112]; /* of the last entry that did not fit */
	char bound[1024];
};

/* Once the rows and fields are there: the sentence of migrate_bound(). */
void migrate_make_bound(struct migration *m);

/* Rows about the types, sizes and flags of the two maps. Returns 0 or -ENOMEM. */
int migrate_compare_maps(struct migration *m);

/* Maps of one family hold the same kind of content. */
enum map_family {
	FAMILY_NONE, /* cannot be moved */
	FAMILY_DATA, /* arrays and hashes */
	FAMILY_LPM,
	FAMILY_DEVMAP,
	FAMILY_CPUMAP,
};

/* why: what stands against it, for FAMILY_NONE. */
enum map_family map_family(__u32 type, const char **why);

/* Convert a key, or a value of all CPUs. Returns NULL, or why it does not fit, for the user. */
const char *migrate_key(struct migration *m, const void *from, void *to);
const char *migrate_value(struct migration *m, const void *from, void *to);

/* An array's slot of zeros, which stand for nothing in a hash, nor where the new array ends before.
 */
bool migrate_is_empty(const struct migration *m, const void *key, const void *value);

/* Counters in a hash: its keys are content too. */
bool migrate_has_keys(const struct migration *m);

/*
 * migrate_keys.c: migrate_reconcile() for the keys of counters; and make those that the new map
 * lacks, where nothing was copied. Silent. Return 0 or a negative errno.
 */
int migrate_reconcile_keys(struct migration *m);
int migrate_add_keys(struct migration *m);

/*
 * The new map may be an LRU: what it dropped again of the entries that it was given stays in the
 * old one alone. Returns 0 or a negative errno.
 */
int migrate_look_for_dropped(struct migration *m);

/* Count an entry of the old map that stays there alone, and keep the first few. */
void migrate_left(struct migration *m, const void *key, const char *why);

/* Keep it among the first few, of which something stays there. */
void migrate_note_problem(struct migration *m, const void *key, const char *why);

/* It was counted so before, and is gone from the old map, or looked at anew. */
void migrate_not_left(struct migration *m, const void *key);

void migrate_progress(const struct migration *m, __u64 done);

/* Wait until no program that has begun before still runs: what it wrote is then there. */
void migrate_quiesce(void);

/* Both maps exist. Reports -EBADF. */
int migrate_ready(const struct migration *m);

bool bytes_are_zero(const void *bytes, size_t len);

/* Bring the snapshot map up to an entry of the base, or drop its key. Returns 0 or an errno. */
int migrate_snapshot_put(struct migration *m, struct table_entry *entry);

/* Refuse, by a row, what the merging program cannot do with these fields. 0 or -ENOMEM. */
int migrate_merge_check(struct migration *m);

#endif
