// SPDX-License-Identifier: GPL-2.0-or-later
/* The run that is under way, and its clocks. */
#include <time.h>
#include "tests/bench/bench.h"

struct bench bench = { .round_ms = 20, .rounds = 15, .table_seconds = 30, .loads = { -1, -1, -1 } };

double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
