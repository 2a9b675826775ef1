/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program costs: CPU time of test runs, each packet fresh and with another key. */
#ifndef BENCH_TESTRUN_H
#define BENCH_TESTRUN_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include "tests/bench/frame.h"
#include "tests/bench/wrapper.h"

/* A wrapper around one program. */
struct testrun {
	struct bpf_object *wrapper;
	const struct wrapper_kind *kind;
	int wrapper_fd;
	struct frame frame;
	__u32 repeat; /* 0: not calibrated yet */
	/* Of a measurement: exactly so many, after so many untimed; 0: as many as take the time. */
	__u32 packets, warm;
	int ifindex; /* that the packets seem to come from; 0: none */
	bool tc;
	unsigned int ms; /* how long a measurement shall take; 0: bench.round_ms */
};

/*
 * Wrap a program of XDP or tc, whoever loaded it; the wrapper holds it. Returns 0 or a negative
 * errno, reported. testrun_free() must follow in any case.
 */
int testrun_make(struct testrun *run, int prog_fd, const struct frame *frame,
                 const struct keys *keys);

/*
 * Another load of the same program, in another load of the same wrapper, which goes on with the
 * next key. Returns 0 or a negative errno, reported.
 */
int testrun_renew(struct testrun *run, int prog_fd);

/* Run it on repeat packets; action: of the last one. Returns 0 or a negative errno, reported. */
int testrun_run(struct testrun *run, __u32 repeat, __u32 *action);

/* Whatever action, but of the program: not an error of the wrapper. */
#define ANY_ACTION (-2)

/*
 * Run it for the next count keys, one by one: each must end with this action; then for as many in
 * one run, whose last must. Returns 0 or a negative errno, reported.
 */
int testrun_check(struct testrun *run, int action, __u32 count);

/* Seconds that a measurement shall take. */
double testrun_wanted(const struct testrun *run);

/* Nanoseconds of CPU time a packet. Returns 0 or a negative errno, reported. */
int testrun_time(struct testrun *run, double *ns);

void testrun_free(struct testrun *run);

#endif
