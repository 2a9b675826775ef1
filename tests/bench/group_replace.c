// SPDX-License-Identifier: GPL-2.0-or-later
/* Changing the program for its next version while frames arrive as fast as they can. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/attach.h"
#include "tests/bench/bench.h"
#include "tests/bench/command.h"
#include "tests/bench/counter.h"
#include "tests/bench/job.h"
#include "tests/bench/netdev.h"
#include "tests/bench/sender.h"

#define KEYS         65536
#define FRAMES_FIRST 1000 /* before the first change */
#define WAIT_SECONDS 5
#define TIMES        10 /* in a round: what a change waits for is another each time */
#define SECONDS      55 /* for all rounds in full */

struct change {
	const char *name, *what;
	const char *command, *package;
	const char *attach, *detach; /* lines of the shell */
	const char *swap[2];         /* commands, timed without a shell */
	bool tc;
	bool newer; /* a kernel may refuse it that is not new enough */
};

static const struct change changes[] = {
	{ .name = "load",
	  .what = "ours, by netlink",
	  .attach = "load -m native v0 objects/xdp_drop.o",
	  .detach = "unload --hook xdp v0",
	  .swap = { "load v0 objects/xdp_drop.o" } },
	{ .name = "load--link",
	  .what = "ours, by bpf_link",
	  .newer = true,
	  .attach = "load --link -m native v0 objects/xdp_drop.o",
	  .detach = "unload --hook xdp v0",
	  .swap = { "load --link v0 objects/xdp_drop.o" } },
	{ .name = "ip-off-on",
	  .what = "ip: off, then on",
	  .command = "ip",
	  .package = "iproute2",
	  .attach = "ip link set dev v0 xdpdrv obj objects/xdp_drop.o sec xdp",
	  .detach = "ip link set dev v0 xdpdrv off",
	  .swap = { "ip link set dev v0 xdpdrv off",
	            "ip link set dev v0 xdpdrv obj objects/xdp_drop.o sec xdp" } },
	{ .name = "ip-force",
	  .what = "ip -force",
	  .command = "ip",
	  .package = "iproute2",
	  .attach = "ip link set dev v0 xdpdrv obj objects/xdp_drop.o sec xdp",
	  .detach = "ip link set dev v0 xdpdrv off",
	  .swap = { "ip -force link set dev v0 xdpdrv obj objects/xdp_drop.o sec xdp" } },
	{ .name = "xdp-loader",
	  .what = "xdp-loader: unload, then load",
	  .command = "xdp-loader",
	  .package = "xdp-tools",
	  .attach = "xdp-loader load -m native v0 objects/xdp_drop.o",
	  .detach = "xdp-loader unload -a v0",
	  .swap = { "xdp-loader unload -a v0",
	            "xdp-loader load -m native v0 objects/xdp_drop.o" } },
	{ .name = "load-clsact",
	  .what = "ours, a filter of clsact",
	  .attach = "load --tc clsact v0 objects/tc_drop.o",
	  .detach = CLSACT_OFF("unload --hook tc_ingress v0"),
	  .swap = { "load v0 objects/tc_drop.o" },
	  .tc = true },
	{ .name = "load-tcx",
	  .what = "ours, tcx",
	  .newer = true,
	  .attach = "load --tc tcx v0 objects/tc_drop.o",
	  .detach = "unload --hook tc_ingress v0",
	  .swap = { "load v0 objects/tc_drop.o" },
	  .tc = true },
	{ .name = "tc-replace",
	  .what = "tc filter replace",
	  .command = "tc",
	  .package = "iproute2",
	  .attach = "tc qdisc replace dev v0 clsact && tc filter add dev v0 ingress pref 10 handle "
	            "1 bpf "
	            "da obj objects/tc_drop.o sec tc",
	  .detach = CLSACT_OFF("tc filter del dev v0 ingress pref 10"),
	  .swap = { "tc filter replace dev v0 ingress pref 10 handle 1 bpf da obj "
	            "objects/tc_drop.o sec "
	            "tc" },
	  .tc = true },
};
#define CHANGES (sizeof(changes) / sizeof(changes[0]))

struct change_run {
	const struct change *change;
	struct sender *sender;
	struct counters held; /* of all programs of a round */
};

struct counts {
	struct netdev v1, v0;
	struct snmp snmp;
	__u64 sent;
	struct counter counter; /* of the program that is attached */
	double counted;         /* by all programs of this round */
};

static enum hook hook_of(const struct change_run *run)
{
	return run->change->tc ? HOOK_TC_INGRESS : HOOK_XDP;
}

static int read_counts(struct change_run *run, struct counts *counts)
{
	int err = netdev_read_peer("v1", &counts->v1);

	counts->sent = run->sender->state->frames;
	if (!err)
		err = netdev_read("v0", &counts->v0);
	if (!err)
		err = snmp_read(&counts->snmp);
	if (!err)
		err = counter_read(&counts->counter, "v0", hook_of(run));
	if (!err)
		err = counters_hold(&run->held, "v0", hook_of(run));
	return err ? err : counters_sum(&run->held, &counts->counted);
}

static int wait_for_frames(__u64 more)
{
	double end = now_seconds() + WAIT_SECONDS;
	struct netdev first, now;
	int err = netdev_read("v0", &first);

	while (!err && now_seconds() < end) {
		err = netdev_read("v0", &now);
		if (!err && now.rx_packets - first.rx_packets >= more)
			return 0;
	}
	return err ? err : failed(-ETIMEDOUT, "no frames arrive at v0");
}

/* Nothing is under way any more: what arrived stays the same for a while. */
static int wait_for_silence(void)
{
	double changed = now_seconds();
	struct netdev last = {}, now;

	while (now_seconds() - changed < 0.05) {
		if (netdev_read("v0", &now))
			return -EIO;
		if (now.rx_packets != last.rx_packets)
			changed = now_seconds();
		last = now;
	}
	return 0;
}

/* Counters are held after a change only: within one, the time would be the change's. */
static int swap(struct change_run *run, unsigned int times, double *seconds)
{
	const struct change *change = run->change;
	struct took took;
	int err = 0;

	*seconds = 0;
	for (unsigned int i = 0; !err && i < times; i++) {
		for (size_t step = 0; !err && step < 2 && change->swap[step]; step++) {
			err = command_run(&took, "%s", change->swap[step]);
			*seconds += took.wall;
		}
		if (!err)
			err = counters_hold(&run->held, "v0", hook_of(run));
	}
	return err;
}

static int swap_under_load(struct change_run *run, unsigned int times, double *seconds)
{
	int pid = sender_start(run->sender), err, last;

	if (pid < 0)
		return pid;
	err = wait_for_frames(FRAMES_FIRST);
	if (!err)
		err = swap(run, times, seconds);
	last = sender_stop(pid);
	if (!err)
		err = last;
	last = wait_for_silence(); /* for the next row as well */
	return err ? err : last;
}

/* Whatever arrived was counted by one of the programs, or came to the stack. */
static int check_arrived(const struct change_run *run, const struct counts *before,
                         const struct counts *now)
{
	double arrived = (double)(now->v0.rx_packets - before->v0.rx_packets);
	double counted = now->counted - before->counted;
	double bypassed = (double)(now->snmp.received - before->snmp.received);

	if (arrived == counted + bypassed)
		return 0;
	return failed(-EIO, "%s: %.0f frames arrived, %.0f were counted and %.0f bypassed",
	              run->change->name, arrived, counted, bypassed);
}

static int round_change(struct row *row, double values[TABLE_METRICS])
{
	struct change_run *run = row->subject;
	unsigned int times = bench_size(TIMES, 2);
	struct counts before, now;
	double seconds = 0, arrived, full, lost, counted;
	int err = command_run(NULL, "%s", run->change->attach);

	if (err) {
		attach_clear();
		return err;
	}
	err = read_counts(run, &before);
	if (!err)
		err = swap_under_load(run, times, &seconds);
	if (!err)
		err = read_counts(run, &now);
	if (!err)
		err = check_arrived(run, &before, &now);
	counters_release(&run->held);
	if (command_run(NULL, "%s", run->change->detach))
		attach_clear();
	if (err)
		return err;
	arrived = (double)(now.v0.rx_packets - before.v0.rx_packets);
	full = (double)(now.v1.tx_dropped - before.v1.tx_dropped);
	lost = (double)(now.sent - before.sent) - arrived - full;
	counted = now.counter.packets;
	if (now.counter.map_id == before.counter.map_id)
		counted -= before.counter.packets;
	values[0] = seconds * 1e3 / times;
	values[1] = (double)(now.snmp.received - before.snmp.received) / times;
	values[2] = lost / times;
	values[3] = arrived > 0 ? counted * 100 / arrived : 0;
	values[4] = full / times;
	return 0;
}

static void add_change(struct table *table, const struct change *change, struct change_run *run)
{
	struct row *row = table_row(table, change->name, change->what, round_change, run);

	if (command_is_there(row, change->command, change->package) &&
	    attach_try(table, row, change->attach, change->detach, change->newer) &&
	    command_run(NULL, "%s", change->detach))
		attach_clear();
}

static const struct metric metrics[] = {
	{ .name = "swap", .unit = "ms" },
	{ .name = "bypassed", .unit = "frames", .no_ratio = true },
	{ .name = "lost", .unit = "frames", .no_ratio = true, .silent = "overload" },
	{ .name = "counted", .unit = "%", .higher = true, .no_ratio = true },
	{ .name = "overload", .unit = "frames", .no_ratio = true },
};

int group_replace(void)
{
	struct table *table = table_new("replace", "Replacing a program while frames arrive");
	struct change_run runs[CHANGES];
	struct sender sender = {};
	struct keys keys = {};
	struct frame frame;
	int err = table ? 0 : -ENOMEM;

	frame_make(&frame, false);
	frame_spoil(&frame);
	if (!err)
		err = keys_make_private(&keys, KEYS);
	if (!err)
		err = sender_open(&sender, &frame, &keys);
	if (!err) {
		for (size_t m = 0; m < sizeof(metrics) / sizeof(metrics[0]); m++)
			table_metric(table, metrics[m]);
		table_note(
			table,
			"For each change: its time from the first command to the end of the last, "
			"frames that no program saw (bypassed), frames that vanished at v0 "
			"(lost). Not among them is what found the queue of v0 full (overload): a "
			"change may be why, so that nothing lost is sure only if that is 0.");
		table_note(
			table,
			"Counted: of all frames that arrived, those in the counters of the program "
			"that is attached in the end. What arrived was counted by all programs "
			"together or bypassed them, else the group fails.");
		table_note(table,
		           "Live frames from the other end of a veth with GRO on, another source "
		           "address in each of 65536, with a wrong checksum: IPv4 counts and drops "
		           "what no program has dropped. xdp-loader runs without its dispatcher "
		           "(LIBXDP_SKIP_DISPATCHER), which would cost more.");
		table_note(
			table,
			"Time depends on the load: a command shares the CPUs with the frames, and "
			"the kernel waits for RCU in most of them.");
		for (size_t i = 0; i < CHANGES; i++) {
			runs[i] = (struct change_run){ .change = &changes[i], .sender = &sender };
			add_change(table, &changes[i], &runs[i]);
		}
		if (!bench.quick)
			table->seconds = SECONDS;
		err = table_run(table);
	}
	sender_close(&sender);
	keys_free(&keys);
	return err;
}
