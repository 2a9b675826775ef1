/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What counts frames on their way up: the program that is attached, and the IPv4 stack behind it.
 */
#ifndef BENCH_COUNTER_H
#define BENCH_COUNTER_H

#include <linux/types.h>
#include "bpffs/hook.h"

/* The statistics map of a program; by the id one knows whether it is still the same map. */
struct counter {
	__u32 map_id;
	double packets; /* of all actions */
};

/*
 * As somebody sees it who looks at what is attached now; all is 0 if nothing is. Returns 0 or a
 * negative errno, reported.
 */
int counter_read(struct counter *counter, const char *ifname, enum hook hook);

/* The packets of one action in a pinned statistics map, over all CPUs. */
int counter_read_pin(double *packets, const char *pin, __u32 action);

/* What IPv4 has had: all packets, the spoiled ones as well (InReceives), and those it routed. */
struct snmp {
	__u64 received, forwarded;
};

/* Returns 0 or a negative errno, reported. */
int snmp_read(struct snmp *snmp);

/* The counters of programs that come one after the other, each once. Zeroed before. */
#define COUNTERS_MAX 32
struct counters {
	int fds[COUNTERS_MAX];
	__u32 ids[COUNTERS_MAX];
	size_t len;
};

/* Keep those of what is attached now. Returns 0 or a negative errno, reported. */
int counters_hold(struct counters *held, const char *ifname, enum hook hook);

/* What all of them have counted until now. Returns 0 or a negative errno, reported. */
int counters_sum(const struct counters *held, double *packets);
void counters_release(struct counters *held);

#endif
