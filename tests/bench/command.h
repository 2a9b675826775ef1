/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running other programs, and what it took. */
#ifndef BENCH_COMMAND_H
#define BENCH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include "tests/bench/table.h"

struct took {
	double wall, cpu; /* seconds; cpu: of the command and all that it waited for */
	double awake; /* on a CPU or waiting for one, of its first thread; see command_tells_sleep()
	               */
};

/* The kernel tells how long a process was awake (CONFIG_SCHED_INFO); else took.awake is 0. */
bool command_tells_sleep(void);

/* What is said of a command that was killed, as it took longer than child_patience(). */
#define COMMAND_HUNG "has not ended within %.0f seconds"

/*
 * Run a line of the shell; its output is shown only if it fails. With took, which may be NULL, it
 * is run and timed without a shell: words and single spaces. Returns 0, or a negative errno,
 * reported: -ECHILD if the command failed or cannot be run, -ETIME if it has not ended in time. It
 * is killed then, with all that it has started; if it is a peer's, that tool is not run again.
 */
__attribute__((format(printf, 2, 3))) int command_run(struct took *took, const char *fmt, ...);

/* The same, timed; lines: how many it printed. */
__attribute__((format(printf, 3, 4))) int command_lines(struct took *took, unsigned int *lines,
                                                        const char *fmt, ...);

/* The same, not timed, for so many seconds. */
__attribute__((format(printf, 2, 3))) int command_run_within(double patience, const char *fmt, ...);

/* The same, but a failure is of no interest. */
__attribute__((format(printf, 1, 2))) void command_try(const char *fmt, ...);

/* The first line that a line of the shell prints, or "": of one that takes longer as well. */
void command_first_line(char *text, size_t size, double patience, const char *command);

/* The number that a line of the shell prints. Returns 0 or a negative errno, reported. */
__attribute__((format(printf, 2, 3))) int command_number(double *number, const char *fmt, ...);

/* A command of that name is in the path. */
bool command_exists(const char *name);

/*
 * It is, or none is needed (NULL); else the row says which Debian package has it, or that the tool
 * hangs. A row that needs one is a peer's.
 */
bool command_is_there(struct row *row, const char *name, const char *package);

#endif
