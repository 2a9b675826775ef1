/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the project wants to reach, from the file tests/bench/targets, against what was measured. */
#ifndef BENCH_TARGETS_H
#define BENCH_TARGETS_H

#include <stdbool.h>
#include <stddef.h>

#define TARGETS_FILE "tests/bench/targets"

struct target {
	char table[48], row[48], metric[48], vs[48]; /* vs: "" for the value itself */
	enum target_is { TARGET_AT_MOST, TARGET_AT_LEAST, TARGET_EXACTLY } is;
	double limit;
	char sentence[160];

	/* Filled by targets_judge(). */
	enum {
		TARGET_NOT_MEASURED, /* this run does not have it; found says why, if known */
		TARGET_NOT_BUILT,    /* its subject is not in the tree yet */
		TARGET_MET,
		TARGET_MISSED,
		/* Nearer to the limit than noise may bring it, of too few rounds, or silent. */
		TARGET_UNSURE,
	} state;
	double measured;  /* a count: in its worst round; else the median */
	double margin;    /* how far noise may bring it off; below 0: a count, or a bound */
	char bound;       /* that is a ratio's, as struct summary has it */
	const char *unit; /* NULL: nothing is measured */
	char found[400];
};

extern struct target *targets;
extern size_t targets_len;

/* Read the file. Returns 0 or a negative errno, reported with its line. */
int targets_read(void);

/* Compare each with the tables of this run. */
void targets_judge(void);

/* Its table is one of this run. */
bool target_is_asked(const struct target *target);

/* How many are not: in a run of some groups, or a quick one, most. */
size_t targets_unasked(void);

/* What is said of those, after their number. */
#define TARGETS_UNASKED "more, about tables that this run does not have"

/* "met", "missed" ... */
const char *target_verdict(const struct target *target);

void targets_free(void);

#endif
