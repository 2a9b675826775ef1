/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table as a bar chart. */
#ifndef BENCH_PLOT_H
#define BENCH_PLOT_H

#include <stdio.h>
#include "tests/bench/table.h"

/*
 * DIR/TABLE.svg.new, by gnuplot: a panel for each metric, but for counts that are 0 in all rows.
 * The table is measured. Returns 0 or a negative errno, reported: -ETIME if gnuplot hangs.
 */
int plot_table(const struct table *table, const char *dir);

/* It becomes DIR/TABLE.svg, or is deleted. Returns 0 or a negative errno, reported. */
int plot_keep(const struct table *table, const char *dir, bool keep);

/* Delete each DIR/TABLE.svg.new: for who holds the lock of the documents, they are nobody's. */
void plot_forget_halves(const char *dir);

/* What gnuplot is told for it, to write the plot to that path. */
void plot_script(FILE *gnuplot, const struct table *table, const char *path);

/*
 * Close what was written, and give it its name, unless that is NULL; nothing is left of it if it is
 * not whole. Returns 0 or a negative errno, reported.
 */
int file_finish(FILE *f, const char *new_path, const char *path);

#endif
