/* SPDX-License-Identifier: GPL-2.0-only */
/* Count in global variables; every packet passes. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int PROGRAM(struct xdp_md *ctx)
{
	__u64 bytes = ctx->data_end - ctx->data;

	__sync_fetch_and_add(&total, step);
	sizes.longest = bytes > sizes.longest ? bytes : sizes.longest;
	level++;
	return COUNT_MORE ? XDP_PASS : XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
