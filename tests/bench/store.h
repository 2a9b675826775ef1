/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that groups measure beside each other: ours by file, peers by what installs them. */
#ifndef BENCH_STORE_H
#define BENCH_STORE_H

#include <linux/types.h>
#include "tests/bench/frame.h"
#include "tests/bench/measured.h"

/* A program as it is loaded, before anything is put into its maps unless fill does. */
struct store_program {
	const char *name; /* of the row */
	const char *what;
	const char *file;    /* path from the top of the tree, or a name among xdp-tools' objects */
	const char *program; /* in the object; NULL: the only one */
	int action;          /* that it must return, or ANY_ACTION */
	const char *zero;    /* the row of the zero line, or NULL */
	const char *vs;      /* row it is compared to, or NULL */
	/* Fills its maps, after each load of it; 0 or a negative errno, reported. */
	int (*fill)(struct subject *subject);
};

/* What of a peer's is needed, and the Debian package that has it. */
#define PEER_XDP_TOOLS "needs xdp-filter's objects (package xdp-tools)"
#define PEER_XDP_FORWARD                                                                           \
	"needs xdp-forward (package xdp-tools, 1.5 or later, or tests/matrix/fetch.sh trixie)"

/*
 * A row for a program on such packets: loaded, filled, wrapped and checked on some of them, or with
 * the reason why it is missing or has failed.
 */
void store_add(struct table *table, const struct store_program *program, struct measured *run,
               const struct frame *frame, const struct keys *keys);

/*
 * A row for each program; then those that more, if not NULL, adds for the same packets, and those
 * that repeat some rows (again: their names, up to NULL). Then the table is run. Returns 0 or a
 * negative errno, reported.
 */
int store_measure(struct table *table, const struct store_program *programs, size_t len,
                  const char *const *again,
                  void (*more)(struct table *table, struct measured *runs,
                               const struct keys *keys));

/* Rows that more may add, at most. */
#define STORE_MORE 20

#endif
