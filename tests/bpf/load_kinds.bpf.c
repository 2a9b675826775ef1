// SPDX-License-Identifier: GPL-2.0-only
/* One map of each kind that a load uses on; they ask to be pinned elsewhere. Every packet passes.
 */
#define MAPS_PINNED
#include "compat/maps.bpf.h"

struct prefix {
	__u32 len;
	__u32 address;
};

BPF_MAP(of_array, BPF_MAP_TYPE_ARRAY, __u32, __u64, 4);
BPF_MAP(of_hash, BPF_MAP_TYPE_HASH, __u32, __u64, 16);
BPF_MAP(of_lru, BPF_MAP_TYPE_LRU_HASH, __u32, __u64, 16);
BPF_MAP_FLAGS(of_lpm, BPF_MAP_TYPE_LPM_TRIE, struct prefix, __u64, 16, BPF_F_NO_PREALLOC);
BPF_MAP(of_devmap, BPF_MAP_TYPE_DEVMAP, __u32, __u32, 4);
BPF_MAP(of_devmap_hash, BPF_MAP_TYPE_DEVMAP_HASH, __u32, __u32, 4);
BPF_MAP(of_cpumap, BPF_MAP_TYPE_CPUMAP, __u32, __u32, 2);
BPF_MAP(of_xskmap, BPF_MAP_TYPE_XSKMAP, __u32, __u32, 4);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000); /* the kernel takes powers of two only: libbpf makes it 8192 */
} of_ringbuf SEC(".maps");

const volatile __u64 step = 1;
__u64 seen;

SEC("xdp")
int load_kinds(struct xdp_md *ctx)
{
	struct prefix prefix = { .len = 32 };
	__u32 key = 0;
	__u64 *count;

	bpf_map_lookup_elem(&of_hash, &key);
	bpf_map_lookup_elem(&of_lru, &key);
	bpf_map_lookup_elem(&of_lpm, &prefix);
	bpf_ringbuf_output(&of_ringbuf, &key, sizeof(key), 0);
	if (ctx->rx_queue_index == 1000)
		return bpf_redirect_map(&of_devmap, 0, XDP_PASS);
	if (ctx->rx_queue_index == 1001)
		return bpf_redirect_map(&of_devmap_hash, 0, XDP_PASS);
	if (ctx->rx_queue_index == 1002)
		return bpf_redirect_map(&of_cpumap, 0, XDP_PASS);
	if (ctx->rx_queue_index == 1003)
		return bpf_redirect_map(&of_xskmap, 0, XDP_PASS);
	count = bpf_map_lookup_elem(&of_array, &key);
	if (count)
		__sync_fetch_and_add(count, step);
	seen++;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
