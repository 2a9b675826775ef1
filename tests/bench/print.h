/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The results, for people: as text, and as docs/BENCH.md with its plots. */
#ifndef BENCH_PRINT_H
#define BENCH_PRINT_H

#include <stddef.h>
#include "tests/bench/table.h"

/* A number with as many digits as it is sure of. Valid until the eighth next call. */
const char *print_number(double number);

/* How many times, or more or less than how many, or ~ for what may be once. Valid until the second
 * next call. */
const char *print_ratio(const struct summary *ratio);

/* Why a row has no numbers, or "". */
const char *print_missing(const struct table *table, const struct row *row);

/* Why a row that is measured has no ratio in a metric, in which it might have one, or NULL. */
const char *print_no_ratio(struct table *table, const struct row *row, size_t metric);

/* What PRINT_NOISE means, if it stands in the table, or NULL. */
const char *print_legend(const struct table *table);

/* Instead of a ratio. */
#define PRINT_NOISE "noise"

/* What stands behind the unit of a metric: that A/A does not let it be trusted, or nothing. */
const char *print_doubt(const struct table *table, size_t metric);

/* One line on how sure a table is: rounds, noise, what others did. Valid until the next call. */
const char *print_sureness(const struct table *table);

/* What it means that others used the CPUs meanwhile, or NULL if they did not. */
const char *print_disturbed(void);

/* What A/A says, and what it does not. */
#define HOW_TO_READ                                                                                \
	"compare rows of one table, not tables or runs. A/A is the noise within this run: it "     \
	"says nothing about another one, in which the same program may take half as much again "   \
	"(52 ns and 77 ns an hour apart, as other guests use the same caches). \"A/A within\" is " \
	"how far the median of its ratios is from 1, or twice the standard error of that median "  \
	"if that is more, which is twice what lies between the quartiles over the root of the "    \
	"rounds. Two rows that are the same differ by less than that, or than the same of their "  \
	"own rounds, in nine of ten cases with 3 rounds, and nineteen of twenty with 7 and more; " \
	"less often in a table measured more than once, as the one whose A/A is the quietest is "  \
	"shown. "                                                                                  \
	"A ratio with ~ is no farther from 1 than that: the two may be the same, or it takes "     \
	"more rounds to see that they are not. A target is unsure if it is nearer to its limit "   \
	"than that, or for what its line says."

/* What a quick run is good for. */
#define QUICK_MEANS                                                                                \
	"it shows that everything works, the numbers mean little; a table that A/A marks as "      \
	"UNRELIABLE is not repeated"

void print_machine(void);
void print_table(struct table *table);
void print_targets(void);

/* One JSON document on stdout (schema ifbpf.bench/1). Returns 0 or a negative errno. */
int print_json(void);

#endif
