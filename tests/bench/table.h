/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of measurements: subjects that take turns, and how sure their numbers are. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define TABLE_METRICS 5
#define TABLE_ROWS    64
#define TABLE_NOTES   8
#define TABLE_ROUNDS  64

/* Above this share of the reference the A/A row tells that a metric's ratios cannot be trusted. */
#define NOISE_LIMIT 0.10

/* Rounds of a table, unless the time of the whole run is up. */
#define ROUNDS_LEAST 3

/* How often a table is measured at most that is unreliable. */
#define TABLE_ATTEMPTS 3

/* The row that measures the reference a second time; those that do so with another: A/A/ROW. */
#define ROW_AA "A/A"

struct metric {
	const char *name, *unit;
	bool higher;   /* the higher the better: a rate; else a cost */
	bool no_ratio; /* a count that may be 0: no ratio is made of it */
	bool given;    /* no result, but what the others are about */
	/*
	 * The count that this one is silent about, or NULL: where that is not 0, a target that this
	 * one meets is unsure.
	 */
	const char *silent;
};

struct summary {
	double median, min, max;
	double unsure; /* how far off the median may be, as its rounds are spread: see results.h */
	char bound;    /* of a ratio: '>' or '<' if it is only known to be beyond that; else 0 */
	bool even;     /* of a ratio: no farther from 1 than noise may bring it */
};

/* What A/A says of a metric. Of a count that may be 0 it says nothing: that one is what it is. */
struct noise {
	double share; /* of the reference */
	double size;  /* the same in the unit of the metric, of the reference as it was measured */
	bool reliable;
};

struct samples;

struct row {
	char name[48];    /* without spaces: targets and --json name it */
	const char *what; /* for people */
	char vs[48];      /* the row it is compared to; "": see row_against() */
	char again[48]; /* the row that this one repeats: what they differ by is noise; "": none */
	char zero[48];  /* the row whose metric zero_metric is taken off this one's; "": none */
	char missing[320]; /* why it is not measured; "": it is */
	bool absent;       /* that is because the subject is not in the tree yet */
	bool failed;       /* or because it does not work: the group is not complete */
	bool peer;         /* it needs a tool of others: one that does not work fails no group */

	/*
	 * One round: a value for each metric. Returns 0 or a negative errno, reported: -ECHILD or
	 * -ETIME if a command does not work, as command_run(). What a peer's tool has done is
	 * checked as all else is: any other error is a failure of the row.
	 */
	int (*round)(struct row *row, double values[TABLE_METRICS]);
	void *subject;

	/* Filled by table_run(). A ratio above 1 is always in favour of the row. */
	struct summary value[TABLE_METRICS], ratio[TABLE_METRICS];
	bool has_ratio[TABLE_METRICS];
	bool drowned[TABLE_METRICS]; /* it has none as both are too near to their zero lines */
};

struct table {
	char name[48], title[120];
	struct metric metrics[TABLE_METRICS];
	size_t metrics_len;
	char reference[48];
	size_t zero_metric; /* what rows are above their zero line in; the first one unless set */
	/* What a quick run has it about, where targets are about more; "": all that they are. */
	char reduced[48];
	struct row rows[TABLE_ROWS];
	size_t rows_len;
	const char *notes[TABLE_NOTES];
	size_t notes_len;
	unsigned int rounds; /* wanted; fewer if the time is up */
	double seconds;      /* for an attempt, but three rounds are made */

	/* Filled by table_run(). */
	unsigned int rounds_done, attempts;
	struct noise noise[TABLE_METRICS];
	double others; /* share of the machine's CPU time that others used meanwhile */
	bool measured;
	char unrepeated[100]; /* why an unreliable one was not once more; "": no matter of time */
	char failed[300];     /* why it is not measured, if that is no matter of its rows */
	struct samples *samples; /* of the attempt that stands */
};

/* A table of the group, empty. Released with the bench. NULL, reported, without memory. */
struct table *table_new(const char *name, const char *title);

void table_free(struct table *table);

void table_metric(struct table *table, struct metric metric);
void table_note(struct table *table, const char *note);

/* A row at the end; the table's first is its reference unless told otherwise. */
struct row *table_row(struct table *table, const char *name, const char *what,
                      int (*round)(struct row *row, double values[TABLE_METRICS]), void *subject);

/*
 * One that repeats a row of ours, as A/A does the reference, if there is such a row and it is not
 * missing. The noise of the table is that of the one that differs most.
 */
void table_again(struct table *table, const char *name);

struct row *table_find(struct table *table, const char *name);

/* It is there to tell what noise is: A/A, or one of table_again(). */
bool row_repeats(const struct row *row);

/*
 * The row that a row is compared to: the one it names, else the table's reference; but a zero line,
 * and one that has one in the first metric, is compared to none unless it names it. NULL: to none.
 */
struct row *row_against(struct table *table, const struct row *row);

/* Why a row cannot be measured; absent: its subject is not in the tree yet. */
__attribute__((format(printf, 3, 4))) void row_missing(struct row *row, bool absent,
                                                       const char *fmt, ...);

/*
 * It does not work: why is what was reported last. Whatever is built on it, which is what has it as
 * a zero line, is not measured either.
 */
void row_fail(struct table *table, struct row *row);

/* The first row that failed, or NULL. */
const struct row *table_failed_row(const struct table *table);

/*
 * Measure: in each round every row once, in another order; the reference twice (A/A). While A/A
 * says that a metric is unreliable, anew, up to twice, if its share of the time has room for that,
 * see plan.h; the best attempt stands. A row that fails is left out from there on, and says why.
 * Returns 0, with such rows as well, or a negative errno, reported, if the table cannot be
 * measured.
 */
int table_run(struct table *table);

#endif
