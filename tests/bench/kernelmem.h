/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much memory the kernel has taken for what we made. */
#ifndef BENCH_KERNELMEM_H
#define BENCH_KERNELMEM_H

#include <stdbool.h>

/*
 * It is read of our own memory control group, which is only looked at, or, where there is none but
 * the root, or it tells nothing of maps, of the whole system: then what others do shows as well.
 * Per-CPU memory is always that of the system where the kernel charges no group for it. Known after
 * kernelmem_begin().
 */
bool kernelmem_is_ours(void);

/*
 * Find out whether it does, by maps that are gone again afterwards, before anything is measured;
 * else per-CPU memory may count twice.
 */
void kernelmem_begin(void);

/* Bytes; of the whole system those that are neither free nor of processes nor of files. */
double kernelmem_read(void);

/* Wait, for some seconds at most, until it is as low as that: maps are freed behind one's back. */
void kernelmem_wait(double bytes);

/* What the kernel says the map of that descriptor takes (memlock). -1: it does not say. */
double kernelmem_memlock(int map_fd);

#endif
