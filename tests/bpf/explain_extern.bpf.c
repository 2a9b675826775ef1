// SPDX-License-Identifier: GPL-2.0-only
/* Asks for a symbol that no kernel has. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern const int no_such_kernel_symbol __ksym;

SEC("xdp")
int asks_symbol(struct xdp_md *ctx)
{
	(void)ctx;
	return (long)&no_such_kernel_symbol > 77 ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
