/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rows put on v0, by lines of the shell. */
#ifndef BENCH_ATTACH_H
#define BENCH_ATTACH_H

#include <stdbool.h>
#include "tests/bench/table.h"

/*
 * Attach as a trial. A line that fails leaves the row missing, or failed if it is one of ours that
 * has hung, and nothing on v0. detach: what takes it off, if that was not a part of the line.
 */
bool attach_try(struct row *row, const char *attach, const char *detach);

/*
 * Take off what a line has left that failed on its way: of a tool that was killed, or of one of
 * two. What took it off would have failed as well.
 */
void attach_clear(void);

#endif
