/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Live frames from v1 in netns "peer", another key in each, counted and timed as they leave. */
#ifndef BENCH_SENDER_H
#define BENCH_SENDER_H

#include <bpf/libbpf.h>
#include "tests/bench/bpf/wrap.h"
#include "tests/bench/frame.h"

struct sender {
	struct bpf_object *obj;
	int prog_fd, ifindex;
	struct frame frame;
	volatile struct wrap_state *state; /* counts on while frames are sent */
};

/* Returns 0 or a negative errno, reported. sender_close() must follow in any case. */
int sender_open(struct sender *sender, const struct frame *frame, const struct keys *keys);

/*
 * Send count frames, some thousands at least. seconds: that they took, by the time from the first
 * to about the last, or NULL. Returns 0 or a negative errno, reported.
 */
int sender_run(struct sender *sender, __u32 count, double *seconds);

/*
 * Send on and on in a process of its own, until sender_stop() or the end of this one, however it
 * ends. Returns its pid, or a negative errno, reported. The state counts what it sends.
 */
int sender_start(struct sender *sender);

/* Returns 0, or a negative errno, reported, if the process has failed. */
int sender_stop(int pid);

void sender_close(struct sender *sender);

#endif
