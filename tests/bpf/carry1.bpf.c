// SPDX-License-Identifier: GPL-2.0-only
/* The XDP program of carry1.bpf.h. */
#include "carry1.bpf.h"

SEC("xdp")
int carry1(struct xdp_md *ctx)
{
	(void)ctx;
	return carry_denies() ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
