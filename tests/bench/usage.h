/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of the CPUs others use, before and while it is measured. */
#ifndef BENCH_USAGE_H
#define BENCH_USAGE_H

#include <stdbool.h>

struct cpu_usage {
	double busy, total; /* seconds, over all CPUs */
	double own;         /* of us, of our children, and of the kernel's threads */
};

void cpu_usage_read(struct cpu_usage *usage);

/*
 * The share of the machine that others used since then, 0 to 1: neither we nor our children, nor
 * the kernel's own threads, which free the maps that we have closed.
 */
double cpu_usage_of_others(const struct cpu_usage *since);

/* What others use while we do nothing, for so many seconds: before a run. */
double cpu_usage_at_rest(double seconds);

/* What a thread of the kernel has used, of its line of /proc/PID/stat; 0 of any other. */
double cpu_usage_of_kernel_thread(const char *stat);

#endif
