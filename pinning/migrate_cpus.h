/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which CPUs there are, and being on each of them. */
#ifndef PINNING_MIGRATE_CPUS_H
#define PINNING_MIGRATE_CPUS_H

#include <sched.h>
#include <stdbool.h>

/* Room for 8192 CPUs. */
#define CPU_SETS 8

struct cpus {
	cpu_set_t possible[CPU_SETS], online[CPU_SETS];
	cpu_set_t affinity[CPU_SETS]; /* of this thread when it was read */
};

/* Read them from /sys/devices/system/cpu. Returns 0 or a negative errno, reported. */
int cpus_read(struct cpus *cpus);

/* The next possible CPU after `cpu` (-1: the first), or -1. */
int cpus_next(const struct cpus *cpus, int cpu);
bool cpus_is_online(const struct cpus *cpus, int cpu);

/* Move this thread to a CPU; the call returns there. 0 or a negative errno: -EINVAL, not allowed.
 */
int cpus_move_to(int cpu);

/* Give this thread its affinity back. */
void cpus_restore(const struct cpus *cpus);

/* Be on each CPU for a moment, so that what ran there with preemption off has ended. */
void cpus_visit(void);

#endif
