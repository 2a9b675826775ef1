/* SPDX-License-Identifier: GPL-2.0-only */
/* An array of maps in whose slots the object puts maps; slots1 fills one of them, slots2 two. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct inside {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
};

struct inside first SEC(".maps"), second SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inside);
} filled SEC(".maps") = {
	.values = {
		[0] = &first,
#ifdef SLOTS_SECOND
		[2] = &second,
#endif
	},
};

SEC("xdp")
int slots(struct xdp_md *ctx)
{
	__u32 slot = 2, len = (ctx->data_end - ctx->data) & 7;
	void *inside = bpf_map_lookup_elem(&filled, &slot);

	return inside && bpf_map_lookup_elem(inside, &len) ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
