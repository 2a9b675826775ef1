// SPDX-License-Identifier: GPL-2.0-only
/* One map for whichever hook the program is loaded on. Every packet passes. */
#include <linux/pkt_cls.h>
#include "compat/maps.bpf.h"

BPF_MAP(flows, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1);

static __always_inline void touch(void)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&flows, &key);

	if (value)
		__sync_fetch_and_add(value, 1);
}

SEC("xdp")
int hooks_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	touch();
	return XDP_PASS;
}

SEC("tc")
int hooks_tc(struct __sk_buff *skb)
{
	(void)skb;
	touch();
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
