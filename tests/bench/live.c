// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include "tests/bench/live.h"

int live_run(int prog_fd, int ifindex, const void *frame, size_t size, __u32 count)
{
	struct xdp_md ctx = { .data_end = size, .ingress_ifindex = ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = size, .ctx_in = &ctx,
	            .ctx_size_in = sizeof(ctx), .repeat = (int)count,
	            .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = 64);
	int err = bpf_prog_test_run_opts(prog_fd, &opts);

	return err == -EINTR || err == -EAGAIN ? 0 : err;
}
