/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directory of docs/BENCH.md and its plots, and what is written there. */
#ifndef BENCH_DOCS_H
#define BENCH_DOCS_H

/*
 * Make DIR and DIR/bench, before anything is measured: what is written there is to be seen from
 * outside. A relative one is the caller's. A document that has groups which this run does not
 * measure is not replaced, nor by a quick run that of a full one. Returns 0 or a negative errno,
 * reported: -EXDEV for a directory that only the benchmark sees, -EEXIST for such a document,
 * -EINVAL for no name.
 */
int docs_open(const char *dir);

/* How a document begins to say that it is of a quick run. */
#define DOCS_QUICK "**Quick mode**"

/* DIR, as a path that we can use. */
const char *docs_dir(void);

/*
 * Write DIR/BENCH.md, and DIR/bench/TABLE.svg where gnuplot is, each as a whole or not at all.
 * A run that is incomplete does not replace what is there. Returns how much of it was not written,
 * or a negative errno; both reported.
 */
int docs_write(void);

#endif
