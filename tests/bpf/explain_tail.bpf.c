// SPDX-License-Identifier: GPL-2.0-only
/* The program is good, but one that it may call is refused. */
#include "compat/maps.bpf.h"

int bad_tail(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, int(struct xdp_md *));
} of_tail SEC(".maps") = {
	.values = { [0] = &bad_tail },
};

SEC("xdp/tail")
int bad_tail(struct xdp_md *ctx)
{
	return *(volatile __u8 *)(long)ctx->data ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int good_caller(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &of_tail, 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
