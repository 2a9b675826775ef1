/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is measured on what: versions, the kernel, the CPU. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stddef.h>

struct fact {
	const char *name;
	char value[480];
};

/* More than there are. */
#define MACHINE_FACTS 24

/*
 * Our version and commit, date and duration, kernel, CPU, load before the run, compilers, libbpf
 * and the versions of all peers. Returns their number.
 */
size_t machine_facts(struct fact *facts, size_t room);

#endif
