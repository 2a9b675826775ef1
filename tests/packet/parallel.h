/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One program on all CPUs at the same time. */
#ifndef TESTS_PACKET_PARALLEL_H
#define TESTS_PACKET_PARALLEL_H

#include "tests/packet/frame.h"

/* The CPUs that this process may run on: so many frames are in flight at the same time. */
int parallel_cpus(void);

/*
 * Run a program on the frame `repeat` times on each CPU at once, by a thread that stays there. For
 * cmocka: what cannot be run fails the test.
 */
void parallel_run(int prog_fd, const struct frame *f, unsigned int repeat);

#endif
