// SPDX-License-Identifier: GPL-2.0-only
/* Count and pass; the other of load_pair1 and load_pair2 defines every map in another size. */
#include "compat/maps.bpf.h"
#include "objects/stats.bpf.h"

BPF_MAP(left, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1);
BPF_MAP(right, BPF_MAP_TYPE_ARRAY, __u32, __u64, 1);
BPF_MAP(xdp_stats_map, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, XDP_STATS_SLOTS);

SEC("xdp")
int load_pair1(struct xdp_md *ctx)
{
	__u32 key = 0;

	bpf_map_lookup_elem(&left, &key);
	bpf_map_lookup_elem(&right, &key);
	return xdp_count(&xdp_stats_map, ctx, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
