// SPDX-License-Identifier: GPL-2.0-only
/* More instructions than the kernel takes at all. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int too_long(struct xdp_md *ctx)
{
	(void)ctx;
	asm volatile(".rept 1000000\n"
	             "r0 = 0\n"
	             ".endr" ::
	                     : "r0");
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
