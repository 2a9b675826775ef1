// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "tests/bench/bench.h"
#include "tests/bench/kernelmem.h"

#define ALIKE        (256.0 * 1024) /* bytes */
#define WAIT_SECONDS 2
#define WAIT_QUICK   0.2

/* Maps are freed in steps, each after a wait for RCU. */
#define ALIKE_READINGS 5

/* What of /proc/meminfo is not the kernel's; all is subtracted from MemTotal. */
static const char *const others[] = { "MemFree",    "Buffers",   "Cached",
	                              "SwapCached", "AnonPages", "SReclaimable" };

static double read_once(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128], name[64];
	double taken = 0, kib;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63[^:]: %lf", name, &kib) != 2)
			continue;
		if (!strcmp(name, "MemTotal"))
			taken += kib * 1024;
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			if (!strcmp(name, others[i]))
				taken -= kib * 1024;
	}
	if (f)
		fclose(f);
	return taken;
}

double kernelmem_read(void)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	double end = now_seconds() + (bench.quick ? WAIT_QUICK : WAIT_SECONDS), last,
	       now = read_once();
	unsigned int alike = 0;

	while (alike < ALIKE_READINGS && now_seconds() < end) {
		last = now;
		nanosleep(&pause, NULL);
		now = read_once();
		alike = fabs(now - last) > ALIKE ? 0 : alike + 1;
	}
	return now;
}

double kernelmem_memlock(int map_fd)
{
	char path[64], line[128];
	double bytes = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", map_fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "memlock: %lf", &bytes);
	if (f)
		fclose(f);
	return bytes;
}
