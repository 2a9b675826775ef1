// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/attach.h"
#include "tests/bench/bench.h"
#include "tests/bench/command.h"
#include "tests/bench/counter.h"
#include "tests/bench/job.h"
#include "tests/bench/netdev.h"

#define FRAMES_FIRST 50000
#define ROUNDS_LONG                                                                                \
	5 /* times bench.round_ms: what is attached takes longer than that to wake up              \
	   */
#define WAIT_SECONDS 2

/* Everything that may count a frame between v1 and its end. */
struct counts {
	struct netdev v1, v0, w0, w1;
	struct snmp snmp;
	double job;
};

static int read_job(const struct job *job, double *packets)
{
	*packets = 0;
	if (job->map)
		return counter_read_pin(packets, job->map, job->action);
	return job->counted ? command_number(packets, "%s", job->counted) : 0;
}

static int read_counts(const struct job *job, struct counts *counts)
{
	int err = netdev_read_peer("v1", &counts->v1);

	if (!err)
		err = netdev_read("v0", &counts->v0);
	if (!err)
		err = netdev_read("w0", &counts->w0);
	if (!err)
		err = netdev_read_peer("w1", &counts->w1);
	if (!err)
		err = snmp_read(&counts->snmp);
	return err ? err : read_job(job, &counts->job);
}

/* Frames that got where they should. */
static __u64 arrived(const struct job *job, const struct counts *before, const struct counts *now)
{
	if (job->forwards)
		return now->w1.rx_packets - before->w1.rx_packets;
	return now->v0.rx_packets - before->v0.rx_packets;
}

/* Frames of a protocol that nobody knows are dropped by the stack once all else has let them by. */
static __u64 handed_up(const struct counts *before, const struct counts *now)
{
	return now->v0.rx_dropped - before->v0.rx_dropped;
}

/* Frames that found the queue of a veth full, and were counted as dropped by who sent them. */
static __u64 overload(const struct job *job, const struct counts *before, const struct counts *now)
{
	__u64 lost = now->v1.tx_dropped - before->v1.tx_dropped;

	return job->forwards ? lost + now->w0.tx_dropped - before->w0.tx_dropped : lost;
}

/* What a program cannot forward it passes, and the stack forwards it instead: that is no rate. */
static int check_way(const struct job *job, const struct counts *before, const struct counts *now)
{
	__u64 routed = now->snmp.forwarded - before->snmp.forwarded, expected = 0;

	if (job->routed)
		expected = arrived(job, before, now) + now->w0.tx_dropped - before->w0.tx_dropped;
	if (routed == expected)
		return 0;
	return failed(-EIO, "%s: the IPv4 stack has forwarded %llu frames instead of %llu",
	              job->name, (unsigned long long)routed, (unsigned long long)expected);
}

/* All frames are where they should be or known to be lost; the last may be under way. */
static int settle(const struct job *job, const struct counts *before, struct counts *now,
                  __u32 sent)
{
	double end = now_seconds() + WAIT_SECONDS;
	__u64 known;
	int err;

	do {
		err = read_counts(job, now);
		if (err)
			return err;
		known = arrived(job, before, now) + overload(job, before, now);
		if (known >= sent &&
		    (!job->passes || handed_up(before, now) >= arrived(job, before, now)))
			break;
	} while (now_seconds() < end);
	if (known != sent)
		return failed(-EIO, "%s: sent %u frames, %llu arrived, %llu found a full queue",
		              job->name, sent, (unsigned long long)arrived(job, before, now),
		              (unsigned long long)overload(job, before, now));
	if (job->passes && handed_up(before, now) != arrived(job, before, now))
		return failed(-EIO, "%s: %llu frames arrived, %llu of them at the stack", job->name,
		              (unsigned long long)arrived(job, before, now),
		              (unsigned long long)handed_up(before, now));
	if ((job->map || job->counted) &&
	    now->job - before->job != (double)arrived(job, before, now))
		return failed(-EIO, "%s: %llu frames arrived, it counted %.0f", job->name,
		              (unsigned long long)arrived(job, before, now),
		              now->job - before->job);
	return job->forwards ? check_way(job, before, now) : 0;
}

static void set_values(double values[TABLE_METRICS], double frames, double lost, double seconds,
                       __u32 sent)
{
	values[0] = frames / seconds / 1e6;
	values[1] = lost * 100 / sent;
	values[2] = frames > 0 ? seconds * 1e9 / frames : 0;
}

/* What the other rows have besides their own work. None of these frames may arrive anywhere. */
static int measure_sender(struct job_run *run, double values[TABLE_METRICS])
{
	volatile struct wrap_state *state = run->sender->state;
	struct counts before, now;
	double seconds = 0;
	int err = read_counts(run->job, &before);

	state->nowhere = 1;
	if (!err)
		err = sender_run(run->sender, run->frames, &seconds);
	state->nowhere = 0;
	if (!err)
		err = read_counts(run->job, &now);
	if (!err && (arrived(run->job, &before, &now) || overload(run->job, &before, &now)))
		err = failed(-EIO, "%s: frames that go nowhere have arrived", run->job->name);
	if (!err)
		set_values(values, run->frames, 0, seconds, run->frames);
	return err;
}

/* With the job attached. */
static int measure(struct job_run *run, double values[TABLE_METRICS])
{
	struct counts before, now;
	double seconds = 0;
	int err;

	if (run->job->nowhere)
		return measure_sender(run, values);
	err = read_counts(run->job, &before);
	if (!err)
		err = sender_run(run->sender, run->frames, &seconds);
	if (!err)
		err = settle(run->job, &before, &now, run->frames);
	if (err)
		return err;
	set_values(values, (double)arrived(run->job, &before, &now),
	           (double)overload(run->job, &before, &now), seconds, run->frames);
	return 0;
}

static int calibrate(struct job_run *run)
{
	double values[TABLE_METRICS];
	int err;

	run->frames = FRAMES_FIRST;
	err = measure(run, values);
	if (!err && values[0] > 0 && !bench.quick)
		run->frames =
			(__u32)(values[0] * 1e3 * bench.round_ms * ROUNDS_LONG) + FRAMES_FIRST;
	return err;
}

static int round_job(struct row *row, double values[TABLE_METRICS])
{
	struct job_run *run = row->subject;
	int err = command_run(NULL, "%s", run->job->attach), last;

	if (err) {
		attach_clear();
		return err;
	}
	if (!run->frames)
		err = calibrate(run);
	if (!err)
		err = measure(run, values);
	last = command_run(NULL, "%s", run->job->detach);
	if (last)
		attach_clear();
	return err ? err : last;
}

void job_add(struct table *table, const struct job *job, struct job_run *run, struct sender *sender)
{
	struct row *row = table_row(table, job->name, job->what, round_job, run);

	run->job = job;
	run->sender = sender;
	run->frames = 0;
	if (!job->nowhere)
		snprintf(row->zero, sizeof(row->zero), JOB_SENDER);
	if (job->object && access(job->object, R_OK)) {
		row_missing(row, true, "%s is not built yet", job->object);
		return;
	}
	if (!command_is_there(row, job->command, job->package))
		return;
	if (job->iptables && attach_iptables_stays()) {
		row_missing(
			row, false,
			"needs iptables-nft by the name of iptables: iptables-legacy leaves its "
			"table in the way of all rows (package iptables)");
		return;
	}
	if (!attach_try(table, row, job->attach, NULL, job->newer))
		return;
	if (command_run(NULL, "%s", job->detach)) {
		row_fail(table, row);
		attach_clear();
	}
}

void job_metrics(struct table *table)
{
	table_metric(table, (struct metric){ .name = "rate", .unit = "Mpps", .higher = true });
	table_metric(table, (struct metric){ .name = "overload", .unit = "%", .no_ratio = true });
	table_metric(table, (struct metric){ .name = "cost", .unit = "ns" });
	table->zero_metric = 2;
	table_note(table,
	           "Frames from the other end of a veth (BPF_F_TEST_XDP_LIVE_FRAMES), 64 bytes, "
	           "another source address in each of 65536; timed between frames, as the call "
	           "itself waits for RCU.");
	table_note(table,
	           "Each frame is accounted for: it arrived and was counted where it should be, "
	           "or it found the queue of a veth full (overload); else the group fails. So it "
	           "does if the IPv4 stack forwards what a program should have forwarded.");
	table_note(
		table,
		"Sender and receiver share a CPU: a veth has GRO on, so that frames wake it up. So "
		"rates, and their ratios, contain the sender, which does the same for all: row "
		"sender makes frames and sends none. The cost of a frame is without that.");
}
