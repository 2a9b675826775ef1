/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real frames, as fast as the kernel can send them (BPF_F_TEST_XDP_LIVE_FRAMES). */
#ifndef BENCH_LIVE_H
#define BENCH_LIVE_H

#include <linux/types.h>
#include <stddef.h>

/*
 * Give count copies of the frame to the XDP program as if the interface had received them; what it
 * returns XDP_TX for goes out there. Returns 0, also if a signal has cut it short, or a negative
 * errno.
 */
int live_run(int prog_fd, int ifindex, const void *frame, size_t size, __u32 count);

#endif
