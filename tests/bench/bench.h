/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run of the benchmark is about: its options, its groups and the tables they made. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include "tests/bench/table.h"

#define BENCH_TABLES 40

struct bench {
	bool quick, all_groups;
	char groups[128];      /* those of this run, with spaces between them */
	char incomplete[1024]; /* those that failed, and why; "": none */
	unsigned int round_ms; /* how long one measurement of a row shall take */
	unsigned int rounds;
	double deadline;         /* of the whole run, as now_seconds() */
	double end;              /* after which one round of a table must do */
	double table_seconds;    /* for an attempt of a table, unless it has its own */
	double started, seconds; /* seconds: that it took, once all is measured */
	double set_up_since;     /* since when it is about the next table */
	double loads[3]; /* averages of 1, 5 and 15 minutes before the run; below 0: not known */
	double others;   /* share of the CPUs that others used then, see usage.h */
	struct table *tables[BENCH_TABLES];
	size_t tables_len;
};

extern struct bench bench;

struct group {
	const char *name, *what;
	int (*run)(void); /* makes and runs its tables; 0 or a negative errno, reported */
};

int group_packet(void);
int group_blocklist(void);
int group_frames(void);
int group_hooks(void);
int group_loading(void);
int group_replace(void);
int group_bulk(void);
int group_stats(void);
int group_memory(void);

/* Seconds of CLOCK_MONOTONIC, and of the CPU time of this thread. */
double now_seconds(void);
double cpu_seconds(void);

/* A number, but one that fits the quick mode in that mode. */
static inline unsigned int bench_size(unsigned int full, unsigned int quick)
{
	return bench.quick ? quick : full;
}

#endif
