/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps with fields that belong to the kernel. Every packet passes. */
#include "compat/maps.bpf.h"

struct timed {
	struct bpf_timer timer;
	__u64 hits;
};

struct locked {
	struct bpf_spin_lock lock;
	__u32 hits;
};

BPF_MAP(timers, BPF_MAP_TYPE_HASH, __u32, struct timed, ENTRIES);
BPF_MAP(locks, BPF_MAP_TYPE_HASH, __u32, struct locked, ENTRIES);

SEC("xdp")
int timers_prog(struct xdp_md *ctx)
{
	__u32 key = ctx->rx_queue_index;
	struct timed *timed = bpf_map_lookup_elem(&timers, &key);
	struct locked *locked = bpf_map_lookup_elem(&locks, &key);

	if (timed)
		timed->hits++;
	if (locked)
		locked->hits++;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
