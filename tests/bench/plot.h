/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table as a bar chart. */
#ifndef BENCH_PLOT_H
#define BENCH_PLOT_H

#include "tests/bench/table.h"

/* DIR/TABLE.svg of its first metric, by gnuplot. Returns 0 or a negative errno, reported. */
int plot_table(const struct table *table, const char *dir);

#endif
