/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that are waited for, but not for ever. */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

/* Seconds that a command may take: some ten times what the slowest takes on an idle machine. */
double child_patience(void);

struct child_end {
	int status; /* as wait() has it */
	struct rusage usage;
	double awake; /* seconds on a CPU or waiting for one, of its first thread; 0: not known */
};

/*
 * Wait until a process has ended. One that has not after so many seconds is killed, with all of its
 * process group if it leads one, and whatever has left that group but is ours now. Returns 0,
 * -ETIMEDOUT if it was killed, or another negative errno.
 */
int child_await(pid_t pid, double seconds, struct child_end *end);

#endif
