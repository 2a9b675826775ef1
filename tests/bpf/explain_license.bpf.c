// SPDX-License-Identifier: GPL-2.0-only
/* Calls a helper that the kernel keeps for programs under the GPL, and says that it is not. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int other_license(struct xdp_md *ctx)
{
	const char text[] = "never";

	(void)ctx;
	bpf_trace_printk(text, sizeof(text));
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Proprietary";
