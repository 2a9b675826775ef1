/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a row of packets measures: a program in its wrapper. Both are loaded anew in each round.
 * Where the kernel's JIT puts a program is drawn by each load, and makes a difference of some
 * nanoseconds that is no better's: loaded once, it would stay for the whole run, and A/A would not
 * show it. A program whose load takes longer than its measurement stays for some rounds.
 */
#ifndef BENCH_MEASURED_H
#define BENCH_MEASURED_H

#include "tests/bench/subject.h"
#include "tests/bench/table.h"
#include "tests/bench/testrun.h"

/* What the tables say of that. */
#define MEASURED_NOTE                                                                              \
	"In each round each program and its wrapper are loaded anew, onto the same maps, A/A as "  \
	"well: where the JIT puts them costs some nanoseconds more or less. What takes long to "   \
	"load is so in each second to fourth round, its wrapper in each."

struct measured {
	struct testrun run;
	struct subject subject;
	/*
	 * After each load, or NULL: fill its maps. Instead of each load but the first, or NULL:
	 * take a program of which no file is known. Both return 0 or a negative errno, reported.
	 */
	int (*fill)(struct subject *subject);
	int (*take)(struct subject *subject);
	unsigned int stays; /* rounds for which it is not loaded anew */
};

/* For table_row(): nanoseconds of CPU time a packet; the subject is a struct measured. */
int measured_round(struct row *row, double values[TABLE_METRICS]);

void measured_free(struct measured *measured);

#endif
