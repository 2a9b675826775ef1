/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock of a tool that watches: regular ticks until SIGINT or SIGTERM. */
#ifndef STATS_TICKER_H
#define STATS_TICKER_H

#include <linux/types.h>
#include <signal.h>
#include <stdbool.h>

struct ticker {
	__u64 interval_ns;
	__u64 next_ns; /* CLOCK_MONOTONIC; ticks do not drift with the work done between them */
	sigset_t before;
};

/* Parse decimal seconds such as 1, 0.5 or 60. Returns 0 or -EINVAL. */
int ticker_parse(const char *text, __u64 *interval_ns);

/* From here on the two signals are held back, but for ticker_wait() and where they are allowed. */
void ticker_begin(struct ticker *ticker, __u64 interval_ns);

/* Let the signals interrupt system calls (a write that waits for its reader), or hold them back. */
void ticker_allow_signals(const struct ticker *ticker, bool allow);

/* A signal has come: the watch shall end. */
bool ticker_stopped(void);

/* Wait for the next tick; ticks that were missed are left out. Returns false at a signal. */
bool ticker_wait(struct ticker *ticker);

enum ticker_event {
	TICKER_TICK,
	TICKER_INPUT,   /* something can be read, or another signal came, such as SIGWINCH */
	TICKER_STOPPED, /* by a signal, or nothing will ever be read again */
};

/* The same, but what comes in on fd ends it as well, before the tick. */
enum ticker_event ticker_wait_input(struct ticker *ticker, int fd);

#endif
