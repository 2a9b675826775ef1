// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/log.h"
#include "pinning/migrate_cpus.h"

#define CPUS_MAX (CPU_SETS * CPU_SETSIZE)

/* A list such as "0-3,8". */
static int read_list(const char *path, cpu_set_t *set)
{
	FILE *f = fopen(path, "re");
	unsigned int first, last;
	int err = 0, n;
	char end;

	CPU_ZERO_S(CPU_SETS * sizeof(*set), set);
	if (!f)
		return failed(-errno, "cannot read %s", path);
	do {
		n = fscanf(f, "%u", &first);
		last = first;
		end = '\n';
		if (n == 1 && fscanf(f, "%c", &end) == 1 && end == '-')
			n = fscanf(f, "%u%c", &last, &end) >= 1 ? 1 : -1;
		if (n != 1 || last < first || last >= CPUS_MAX) {
			err = failed(-EINVAL, "cannot read the list of CPUs in %s", path);
			break;
		}
		for (unsigned int cpu = first; cpu <= last; cpu++)
			CPU_SET_S(cpu, CPU_SETS * sizeof(*set), set);
	} while (end == ',');
	fclose(f);
	return err;
}

int cpus_read(struct cpus *cpus)
{
	int err;

	err = read_list("/sys/devices/system/cpu/possible", cpus->possible);
	if (!err)
		err = read_list("/sys/devices/system/cpu/online", cpus->online);
	if (err)
		return err;
	if (sched_getaffinity(0, sizeof(cpus->affinity), cpus->affinity))
		return failed(-errno, "cannot read the CPU affinity");
	return 0;
}

int cpus_next(const struct cpus *cpus, int cpu)
{
	for (cpu++; cpu < CPUS_MAX; cpu++)
		if (CPU_ISSET_S(cpu, sizeof(cpus->possible), cpus->possible))
			return cpu;
	return -1;
}

bool cpus_is_online(const struct cpus *cpus, int cpu)
{
	return CPU_ISSET_S(cpu, sizeof(cpus->online), cpus->online);
}

int cpus_move_to(int cpu)
{
	cpu_set_t set[CPU_SETS];

	CPU_ZERO_S(sizeof(set), set);
	CPU_SET_S(cpu, sizeof(set), set);
	return sched_setaffinity(0, sizeof(set), set) ? -errno : 0;
}

void cpus_restore(const struct cpus *cpus)
{
	sched_setaffinity(0, sizeof(cpus->affinity), cpus->affinity);
}

void cpus_visit(void)
{
	struct cpus cpus;

	if (cpus_read(&cpus))
		return;
	for (int cpu = cpus_next(&cpus, -1); cpu >= 0; cpu = cpus_next(&cpus, cpu))
		if (cpus_is_online(&cpus, cpu))
			cpus_move_to(cpu);
	cpus_restore(&cpus);
}
