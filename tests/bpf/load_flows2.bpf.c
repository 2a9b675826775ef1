// SPDX-License-Identifier: GPL-2.0-only
/* Count packets; the other of load_flows1 and load_flows2 defines flow_table otherwise. */
#include "compat/maps.bpf.h"
#include "objects/stats.bpf.h"

struct flow {
	__u32 packets;
	__u32 flags;
	__u32 bytes;
	__u32 seen;
};

BPF_MAP(flow_table, BPF_MAP_TYPE_HASH, __u32, struct flow, 32);
BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS);

SEC("xdp")
int load_flows2(struct xdp_md *ctx)
{
	__u32 key = 0;

	bpf_map_lookup_elem(&flow_table, &key);
	return xdp_count(&xdp_stats_map, ctx, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
