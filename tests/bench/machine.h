/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine on which it is measured: what it is, and how much of it others use meanwhile. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stddef.h>

struct fact {
	const char *name;
	char value[160];
};

/* Kernel, CPU, load, compilers and the versions of all peers. Returns their number. */
size_t machine_facts(struct fact *facts, size_t room);

struct cpu_usage {
	double busy, total, own; /* seconds, over all CPUs */
};

void cpu_usage_read(struct cpu_usage *usage);

/* The share of the machine that others used since then, 0 to 1: neither we nor our children. */
double cpu_usage_of_others(const struct cpu_usage *since);

#endif
