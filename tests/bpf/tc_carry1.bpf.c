// SPDX-License-Identifier: GPL-2.0-only
/* The filter of carry1.bpf.h. */
#include <linux/pkt_cls.h>
#include "carry1.bpf.h"

SEC("tc")
int tc_carry1(struct __sk_buff *ctx)
{
	(void)ctx;
	return carry_denies() ? TC_ACT_SHOT : TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
