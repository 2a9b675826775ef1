// SPDX-License-Identifier: GPL-2.0-only
/* Maps that hold state which can be carried over, which cannot, and none. Every packet passes. */
#include "compat/maps.bpf.h"

/* How much more of each there is. */
#ifndef GROWN
#define GROWN 1
#endif

BPF_MAP(counts, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64, GROWN);
BPF_MAP(samples, BPF_MAP_TYPE_PERF_EVENT_ARRAY, __u32, __u32, 4 * GROWN);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096 * GROWN);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__type(value, __u32);
} waiting SEC(".maps");

SEC("xdp")
int carry_events(struct xdp_md *ctx)
{
	__u32 key = 0, length = ctx->data_end - ctx->data;
	__u64 *count = bpf_map_lookup_elem(&counts, &key);

	if (count)
		(*count)++;
	bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU, &length, sizeof(length));
	bpf_ringbuf_output(&events, &length, sizeof(length), 0);
	/* Full at once: it is here for what a tool puts in. */
	if (length == 1)
		bpf_map_push_elem(&waiting, &length, BPF_ANY);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
