/* SPDX-License-Identifier: GPL-2.0-only */
/* Two maps of another definition in each object: one that can be carried over, one that cannot. */
#include "compat/maps.bpf.h"

BPF_MAP(allowed, BPF_MAP_TYPE_HASH, __u32, ALLOWED, 16);

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, WAITING);
	__type(value, __u32);
} waiting SEC(".maps");

SEC("xdp")
int load_mixed(struct xdp_md *ctx)
{
	__u32 key = ctx->rx_queue_index, value;

	bpf_map_lookup_elem(&allowed, &key);
	bpf_map_peek_elem(&waiting, &value);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
