// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/query.h"
#include "objects/stats.h"
#include "tests/bench/counter.h"

#define MAPS_MAX 16

/* Add the packets of one action, over all CPUs. */
static int add_action(int fd, __u32 action, double *packets)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;
	struct stats_record *records = calloc(cpus, sizeof(*records));

	if (!records)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &action, records))
		err = -errno;
	for (int cpu = 0; !err && cpu < cpus; cpu++)
		*packets += (double)records[cpu].rx_packets;
	free(records);
	return err;
}

int counter_read_pin(double *packets, const char *pin, __u32 action)
{
	int fd = bpf_obj_get(pin), err;

	*packets = 0;
	err = fd < 0 ? -errno : add_action(fd, action, packets);
	if (fd >= 0)
		close(fd);
	return err ? failed(err, "cannot read %s", pin) : 0;
}

int snmp_read(struct snmp *snmp)
{
	unsigned long long received = 0, forwarded = 0;
	char line[1024];
	FILE *f = fopen("/proc/net/snmp", "r");
	int err = -ENOENT;

	while (f && err && fgets(line, sizeof(line), f))
		if (sscanf(line, "Ip: %*d %*d %llu %*u %*u %llu", &received, &forwarded) == 2)
			err = 0;
	if (f)
		fclose(f);
	*snmp = (struct snmp){ received, forwarded };
	return err ? failed(err, "cannot read what IPv4 counts in /proc/net/snmp") : 0;
}

static int sum_map(int fd, struct counter *counter)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	int err = 0;

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (strcmp(info.name, XDP_STATS_MAP) && strcmp(info.name, TC_STATS_MAP))
		return 0;
	counter->map_id = info.id;
	for (__u32 action = 0; !err && action < info.max_entries; action++)
		err = add_action(fd, action, &counter->packets);
	return err;
}

static int read_program(__u32 prog_id, struct counter *counter)
{
	__u32 ids[MAPS_MAX];
	struct bpf_prog_info info = { .nr_map_ids = MAPS_MAX,
		                      .map_ids = (__u64)(unsigned long)ids };
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(prog_id), err = 0;

	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		err = -errno;
	close(fd);
	for (__u32 i = 0; !err && i < info.nr_map_ids && i < MAPS_MAX; i++) {
		fd = bpf_map_get_fd_by_id(ids[i]);
		err = fd < 0 ? -errno : sum_map(fd, counter);
		if (fd >= 0)
			close(fd);
	}
	return err;
}

int counter_read(struct counter *counter, const char *ifname, enum hook hook)
{
	struct attachments attached;
	struct interface iface;
	int err = interface_find(&iface, ifname, NULL);

	memset(counter, 0, sizeof(*counter));
	if (err)
		return err;
	err = attachments_query(&attached, &iface);
	if (err)
		return err;
	for (size_t i = 0; !err && i < attached.len; i++)
		if (attached.list[i].hook == hook)
			err = read_program(attached.list[i].prog_id, counter);
	attachments_free(&attached);
	return err ? failed(err, "cannot read the counters of the program on %s", ifname) : 0;
}

/* An open map goes on to exist, with what the program counted that is gone. */
int counters_hold(struct counters *held, const char *ifname, enum hook hook)
{
	struct counter counter;
	int err = counter_read(&counter, ifname, hook);

	if (err || !counter.map_id)
		return err;
	for (size_t i = 0; i < held->len; i++)
		if (held->ids[i] == counter.map_id)
			return 0;
	if (held->len == COUNTERS_MAX)
		return failed(-E2BIG, "more than %d programs have counted", COUNTERS_MAX);
	held->fds[held->len] = bpf_map_get_fd_by_id(counter.map_id);
	if (held->fds[held->len] < 0)
		return failed(-errno, "cannot open the counters of the program on %s", ifname);
	held->ids[held->len++] = counter.map_id;
	return 0;
}

int counters_sum(const struct counters *held, double *packets)
{
	struct counter counter = {};
	int err = 0;

	for (size_t i = 0; !err && i < held->len; i++)
		err = sum_map(held->fds[i], &counter);
	*packets = counter.packets;
	return err ? failed(err, "cannot read the counters of a program that was replaced") : 0;
}

void counters_release(struct counters *held)
{
	while (held->len)
		close(held->fds[--held->len]);
}
