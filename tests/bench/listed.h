/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can hold a block list: one entry of a table each, and all groups about lists measure it. */
#ifndef BENCH_LISTED_H
#define BENCH_LISTED_H

#include "tests/bench/lists.h"
#include "tests/bench/subject.h"
#include "tests/bench/table.h"

struct listed_kind {
	const char *name, *what;
	const char *file; /* path from the top of the tree, or a name among xdp-tools' objects */
	const char *program[2], *map[2]; /* for IPv4, IPv6 */
	bool addresses;                  /* it knows no prefixes: it gets the list of addresses */
	/*
	 * Put the list into its maps: returns 0 or a negative errno. NULL: not written yet. What
	 * compiles a list in user space does it here, and resizes all of its maps in resize.
	 */
	int (*fill)(const struct subject *subject, const struct listed_kind *kind,
	            const struct lists *lists);
	int (*resize)(struct bpf_object *obj, const struct listed_kind *kind,
	              const struct lists *lists);
	/*
	 * The kind that it is a part of, or NULL: beside that, it is given what that one has
	 * filled. Of its own it would cost another time: a set is hashed by a random number.
	 */
	const char *whole;
	int (*share)(const struct subject *subject, const struct subject *whole, bool v6);
};

extern const struct listed_kind listed_kinds[];
extern const size_t listed_kinds_len;

/* It can be measured; else the row says why not. */
bool listed_is_there(const struct listed_kind *kind, struct row *row);

/*
 * Load its program with room for the list, which is not filled in. Returns 0 or a negative errno,
 * reported. subject_free() must follow in any case.
 */
int listed_load(const struct listed_kind *kind, const struct lists *lists, struct subject *subject);

/* The kind of that name; NULL if there is none, or none is named. */
const struct listed_kind *listed_find(const char *name);

/* Returns 0 or a negative errno, reported. */
int listed_share(const struct listed_kind *kind, const struct subject *subject,
                 const struct subject *whole, bool v6);

/* Returns 0 or a negative errno, reported. */
int listed_fill(const struct listed_kind *kind, const struct lists *lists,
                const struct subject *subject);

#endif
