// SPDX-License-Identifier: GPL-2.0-or-later
/* Putting a program on interfaces that have none. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/command.h"

#define INTERFACES 100
#define LINE_SIZE  4096
#define BATCH_FILE "/run/tmp/bench.batch"
#define BENCH_PIN  "/sys/fs/bpf/bench_loading"

/* A command for all interfaces, or one for each; "{}" in it stands for their names, or its name. */
struct way {
	const char *name, *what;
	const char *command, *package;
	const char *before; /* that belongs to it, run once, or NULL */
	const char *line;
	bool each, link;
};

static const struct way ways[] = {
	{ .name = "ip",
	  .what = "ip, once for each interface",
	  .command = "ip",
	  .package = "iproute2",
	  .line = "ip link set dev {} xdpdrv obj objects/xdp_pass.o sec xdp",
	  .each = true },
	{ .name = "bare",
	  .what = "two instructions and netlink: what the kernel itself takes",
	  .line = "build/tests/bare_load {}" },
	{ .name = "ip-batch",
	  .what = "ip -batch, once for all",
	  .command = "ip",
	  .package = "iproute2",
	  .line = "ip -batch " BATCH_FILE },
	{ .name = "xdp-loader",
	  .what = "xdp-loader without dispatcher, once for each",
	  .command = "xdp-loader",
	  .package = "xdp-tools",
	  .line = "xdp-loader load -m native {} objects/xdp_pass.o",
	  .each = true },
	{ .name = "bpftool",
	  .what = "bpftool prog load, then net attach for each: one program, one set of maps",
	  .command = "bpftool",
	  .package = "bpftool",
	  .before = "bpftool prog load objects/xdp_pass.o " BENCH_PIN,
	  .line = "bpftool net attach xdpdrv pinned " BENCH_PIN " dev {}",
	  .each = true },
	{ .name = "load",
	  .what = "ours, once for all",
	  .line = "load -m native {} objects/xdp_pass.o" },
	{ .name = "load--shared",
	  .what = "ours: one program, one set of maps",
	  .line = "load --shared -m native {} objects/xdp_pass.o" },
	{ .name = "load--link",
	  .what = "ours, by bpf_link",
	  .line = "load --link -m native {} objects/xdp_pass.o",
	  .link = true },
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

struct way_run {
	const struct way *way;
	unsigned int interfaces;
};

/* The line with the names of count interfaces from first on. */
static void expand(const char *line, unsigned int first, unsigned int count, char *to)
{
	const char *mark = strstr(line, "{}");
	size_t len;

	if (!mark) {
		snprintf(to, LINE_SIZE, "%s", line);
		return;
	}
	len = (size_t)snprintf(to, LINE_SIZE, "%.*s", (int)(mark - line), line);
	for (unsigned int i = 0; i < count; i++)
		len += (size_t)snprintf(to + len, LINE_SIZE - len, "%sl%u", i ? " " : "",
		                        first + i);
	snprintf(to + len, LINE_SIZE - len, "%s", mark + 2);
}

static int add_took(struct took *sum, const char *line)
{
	struct took took;
	int err = command_run(&took, "%s", line);

	sum->wall += took.wall;
	sum->cpu += took.cpu;
	sum->awake += took.awake;
	return err;
}

/* Each interface has a program: a tool may say that all went well, and be the fastest. */
static int check_loaded(const struct way_run *run)
{
	unsigned int loaded = 0, ifindex;
	char ifname[IF_NAMESIZE];
	__u32 id;

	for (unsigned int i = 0; i < run->interfaces; i++) {
		snprintf(ifname, sizeof(ifname), "l%u", i);
		ifindex = if_nametoindex(ifname);
		loaded += ifindex && !bpf_xdp_query_id((int)ifindex, 0, &id) && id;
	}
	if (loaded == run->interfaces)
		return 0;
	return failed(-EIO, "%s: %u of %u interfaces have a program", run->way->name, loaded,
	              run->interfaces);
}

static int write_batch(unsigned int interfaces)
{
	FILE *f = fopen(BATCH_FILE, "w");

	for (unsigned int i = 0; f && i < interfaces; i++)
		fprintf(f, "link set dev l%u xdpdrv obj objects/xdp_pass.o sec xdp\n", i);
	if (!f || fclose(f))
		return failed(-errno, "cannot write %s", BATCH_FILE);
	return 0;
}

/* Nothing is left of it, pins included: each round is a first one. */
static int take_off(const struct way_run *run)
{
	int err = 0, last;

	for (unsigned int i = 0; !err && run->way->link && i < run->interfaces; i++)
		err = command_run(NULL, "unload --hook xdp l%u", i);
	last = command_run(NULL,
	                   "i=0; while [ $i -lt %u ]; do echo link set dev l$i xdp off; "
	                   "i=$((i + 1)); done | ip -batch - && rm -rf " BENCH_PIN
	                   " /sys/fs/bpf/l[0-9]*",
	                   run->interfaces);
	return err ? err : last;
}

static int round_way(struct row *row, double values[TABLE_METRICS])
{
	struct way_run *run = row->subject;
	struct took sum = {};
	char line[LINE_SIZE];
	int err = write_batch(run->interfaces), last;

	if (!err && run->way->before)
		err = add_took(&sum, run->way->before);
	for (unsigned int i = 0; !err && run->way->each && i < run->interfaces; i++) {
		expand(run->way->line, i, 1, line);
		err = add_took(&sum, line);
	}
	if (!err && !run->way->each) {
		expand(run->way->line, 0, run->interfaces, line);
		err = add_took(&sum, line);
	}
	if (!err)
		err = check_loaded(run);
	last = take_off(run);
	if (!err)
		err = last;
	values[0] = sum.cpu * 1e3 / run->interfaces;
	values[1] = sum.wall * 1e3 / run->interfaces;
	values[2] = sum.awake * 1e3 / run->interfaces;
	return err;
}

static int measure(unsigned int interfaces, unsigned int rounds)
{
	struct way_run runs[WAYS];
	struct table *table;
	char name[32], title[100];

	snprintf(name, sizeof(name), "loading-%u", interfaces);
	snprintf(title, sizeof(title), "Loading a program on %u interface%s", interfaces,
	         interfaces > 1 ? "s" : "");
	table = table_new(name, title);
	if (!table)
		return -ENOMEM;
	if (table->rounds > rounds)
		table->rounds = rounds;
	table_metric(table, (struct metric){ .name = "cpu", .unit = "ms" });
	table_metric(table, (struct metric){ .name = "wall", .unit = "ms" });
	table_note(
		table,
		"For each interface: CPU time of the process or processes, which is what they do "
		"themselves, and time on the wall, which has the kernel's wait for RCU as well: "
		"once for each program that is put to use, another one each time, and for "
		"nothing but that in the row bare.");
	if (command_tells_sleep()) {
		table_metric(table, (struct metric){ .name = "beyond", .unit = "ms" });
		table_note(
			table,
			"beyond: what is left of the wall without that wait. It is the wall less "
			"the time that the processes slept: what /proc/PID/schedstat has when "
			"they end, on a CPU and waiting for one. They sleep for nothing else that "
			"takes long, but for the lock of the network configuration if others of "
			"the machine hold it: compare what is taken off to that of bare.");
	} else {
		table_note(table, "How much of the wall is beyond that wait this kernel does not "
		                  "tell (CONFIG_SCHED_INFO).");
	}
	table_note(table,
	           "xdp-loader runs without its dispatcher (LIBXDP_SKIP_DISPATCHER), which would "
	           "cost more. Pins are dropped between the rounds: each "
	           "is a first load.");
	table_note(table,
	           "Not all do the same: load also makes a directory for each interface, pins "
	           "programs and maps there and writes a record of what it did; bpftool pins its "
	           "one program, and ip, bare and xdp-loader leave no pins.");
	for (size_t i = 0; i < WAYS; i++) {
		struct row *row;

		runs[i] = (struct way_run){ &ways[i], interfaces };
		row = table_row(table, ways[i].name, ways[i].what, round_way, &runs[i]);
		command_is_there(row, ways[i].command, ways[i].package);
	}
	return table_run(table);
}

/* Up, and silent: none of them gets an IPv6 address. */
static int make_interfaces(unsigned int count)
{
	return command_run(
		NULL,
		"! test -e /proc/sys/net/ipv6 || "
		"echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; "
		"i=0; while [ $i -lt %u ]; do echo link add l$i type veth peer name m$i; "
		"echo link set l$i up; echo link set m$i up; i=$((i + 1)); done | "
		"ip -batch -",
		count);
}

int group_loading(void)
{
	unsigned int count = bench_size(INTERFACES, 4);
	int err = make_interfaces(count);

	if (!err)
		err = measure(1, 15);
	if (!err && bench.quick)
		err = measure(count, 1);
	if (!err && !bench.quick)
		err = measure(10, 7);
	if (!err && !bench.quick)
		err = measure(INTERFACES, 5);
	for (unsigned int i = 0; i < count; i++)
		command_try("ip link del l%u", i);
	unlink(BATCH_FILE);
	return err;
}
