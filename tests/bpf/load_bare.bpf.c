// SPDX-License-Identifier: GPL-2.0-only
/* A program without any map. Every packet is dropped. */
#include "compat/maps.bpf.h"

SEC("xdp")
int load_bare(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
