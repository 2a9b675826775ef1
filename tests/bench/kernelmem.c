// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "tests/bench/bench.h"
#include "tests/bench/kernelmem.h"

/* A trie of a million entries takes seconds on a busy machine. */
#define WAIT_SECONDS 8
#define WAIT_QUICK   1

/* Of the maps that tell whether a group is charged for them: 2 MiB, or as much for each CPU. */
#define PROBE_VALUE   8192
#define PROBE_ENTRIES 256

/* What of /proc/meminfo is not the kernel's; all is subtracted from MemTotal. */
static const char *const others[] = { "MemFree",   "Buffers",      "Cached", "SwapCached",
	                              "AnonPages", "SReclaimable", NULL };

/* The line that is counted, less those that are not (NULL at the end). */
static double read_meminfo(const char *counted, const char *const * not )
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128], name[64];
	double taken = 0, kib;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63[^:]: %lf", name, &kib) != 2)
			continue;
		if (!strcmp(name, counted))
			taken += kib * 1024;
		for (size_t i = 0; not [i]; i++)
			if (!strcmp(name, not [i]))
				taken -= kib * 1024;
	}
	if (f)
		fclose(f);
	return taken;
}

static double read_percpu(void)
{
	static const char *const none[] = { NULL };

	return read_meminfo("Percpu", none);
}

/* A file of our group, in cgroup v2 ("0::/path") or v1 ("4:memory:/path"). */
static bool find_file(const char *line, char path[PATH_MAX])
{
	char group[PATH_MAX - 128];

	if (sscanf(line, "0::%3900s", group) == 1)
		snprintf(path, PATH_MAX, "/sys/fs/cgroup%s/memory.stat", group);
	else if (sscanf(line, "%*d:memory:%3900s", group) == 1)
		snprintf(path, PATH_MAX, "/sys/fs/cgroup/memory%s/memory.kmem.usage_in_bytes",
		         group);
	else
		return false;
	return strcmp(group, "/") && !access(path, R_OK);
}

/* The file, or "" without a group of our own. */
static const char *group_file(void)
{
	static char path[PATH_MAX];
	static bool looked;
	char line[PATH_MAX], found[PATH_MAX];
	FILE *f;

	if (looked)
		return path;
	looked = true;
	f = fopen("/proc/self/cgroup", "r");
	while (f && !path[0] && fgets(line, sizeof(line), f))
		if (find_file(line, found))
			snprintf(path, sizeof(path), "%s", found);
	if (f)
		fclose(f);
	return path;
}

/* The group is charged for no map, or its file does not tell: Linux before 5.11, with v2 5.18. */
static bool group_is_silent;

bool kernelmem_is_ours(void)
{
	return !group_is_silent && group_file()[0];
}

/* A number alone, or the line "kernel NUMBER". */
static double read_group(void)
{
	FILE *f = fopen(group_file(), "r");
	double bytes = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "kernel %lf", &bytes) == 1 || sscanf(line, "%lf", &bytes) == 1)
			break;
	if (f)
		fclose(f);
	return bytes;
}

/* 1: a group is charged for the memory of per-CPU maps; -1: not known yet. */
static int percpu_charged = -1;

double kernelmem_read(void)
{
	if (!kernelmem_is_ours())
		return read_meminfo("MemTotal", others);
	return percpu_charged > 0 ? read_group() : read_group() + read_percpu();
}

void kernelmem_wait(double bytes)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	double end = now_seconds() + (bench.quick ? WAIT_QUICK : WAIT_SECONDS);

	while (kernelmem_read() > bytes && now_seconds() < end)
		nanosleep(&pause, NULL);
}

/* Whether a map, which stays open in fd, is charged for with at least half of its size. */
static bool is_charged(enum bpf_map_type type, double size, int *fd)
{
	double before = read_group();

	*fd = bpf_map_create(type, "bench_probe", 4, PROBE_VALUE, PROBE_ENTRIES, NULL);
	return *fd >= 0 && read_group() - before > size / 2;
}

/* No file tells, but a map that has nothing else does. */
void kernelmem_begin(void)
{
	const double size = 1.0 * PROBE_VALUE * PROBE_ENTRIES;
	double group, percpu;
	int fds[2];

	if (!kernelmem_is_ours() || percpu_charged >= 0)
		return;
	group = read_group();
	percpu = read_percpu();
	group_is_silent = !is_charged(BPF_MAP_TYPE_ARRAY, size, &fds[0]);
	percpu_charged =
		is_charged(BPF_MAP_TYPE_PERCPU_ARRAY, size * libbpf_num_possible_cpus(), &fds[1]);
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (!group_is_silent)
		kernelmem_wait(percpu_charged ? group : group + percpu);
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
