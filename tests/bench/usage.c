// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "tests/bench/usage.h"

#define KERNEL_THREAD 0x00200000 /* PF_KTHREAD, among the flags */

static double seconds(const struct timeval *tv)
{
	return (double)tv->tv_sec + (double)tv->tv_usec / 1e6;
}

double cpu_usage_of_kernel_thread(const char *stat)
{
	const char *name_end = strrchr(stat, ')');
	unsigned long long user, system;
	unsigned int flags;

	if (!name_end ||
	    sscanf(name_end, ") %*c %*d %*d %*d %*d %*d %u %*u %*u %*u %*u %llu %llu", &flags,
	           &user, &system) != 3 ||
	    !(flags & KERNEL_THREAD))
		return 0;
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* Of all that there are: one that has ended in the meantime counts as another's. */
static double read_kernel_threads(void)
{
	DIR *proc = opendir("/proc");
	char path[300], line[1024];
	struct dirent *entry;
	double sum = 0;
	FILE *f;

	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		f = fopen(path, "r");
		if (f && fgets(line, sizeof(line), f))
			sum += cpu_usage_of_kernel_thread(line);
		if (f)
			fclose(f);
	}
	if (proc)
		closedir(proc);
	return sum;
}

void cpu_usage_read(struct cpu_usage *usage)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
	FILE *f = fopen("/proc/stat", "r");
	struct rusage self, children;

	memset(usage, 0, sizeof(*usage));
	if (f && fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system,
	                &idle, &iowait, &irq, &softirq, &steal) == 8) {
		usage->busy = (double)(user + nice + system + irq + softirq + steal);
		usage->total = usage->busy + (double)(idle + iowait);
		usage->busy /= (double)sysconf(_SC_CLK_TCK);
		usage->total /= (double)sysconf(_SC_CLK_TCK);
	}
	if (f)
		fclose(f);
	usage->own = read_kernel_threads();
	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	usage->own += seconds(&self.ru_utime) + seconds(&self.ru_stime) +
	              seconds(&children.ru_utime) + seconds(&children.ru_stime);
}

double cpu_usage_of_others(const struct cpu_usage *since)
{
	struct cpu_usage now;
	double total, others;

	cpu_usage_read(&now);
	total = now.total - since->total;
	others = now.busy - since->busy - (now.own - since->own);
	if (total <= 0 || others <= 0)
		return 0;
	return others < total ? others / total : 1;
}

double cpu_usage_at_rest(double seconds_wanted)
{
	const struct timespec rest = {
		.tv_sec = (time_t)seconds_wanted,
		.tv_nsec = (long)((seconds_wanted - (double)(time_t)seconds_wanted) * 1e9),
	};
	struct cpu_usage before;

	cpu_usage_read(&before);
	nanosleep(&rest, NULL);
	return cpu_usage_of_others(&before);
}
