/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much memory the kernel has taken for itself. */
#ifndef BENCH_KERNELMEM_H
#define BENCH_KERNELMEM_H

/*
 * Bytes that are neither free nor of processes nor of files: what is left is the kernel's. Waits
 * until freed maps are gone: until it does not change any more.
 */
double kernelmem_read(void);

/* What the kernel says the map of that descriptor takes (memlock). -1: it does not say. */
double kernelmem_memlock(int map_fd);

#endif
