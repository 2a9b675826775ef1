// SPDX-License-Identifier: GPL-2.0-only
/* The array of maps of slots1, empty: what it takes has the same sizes there, and other types. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <stddef.h>

/* Without a tag: clang leaves out what is in a structure that only definitions of maps name. */
typedef struct {
	__u16 low, high;
} halves;

struct inside {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, halves);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inside);
} filled SEC(".maps");

SEC("xdp")
int slots(struct xdp_md *ctx)
{
	__u32 slot = 2, len = (ctx->data_end - ctx->data) & 7;
	void *inside = bpf_map_lookup_elem(&filled, &slot);
	halves *found = inside ? bpf_map_lookup_elem(inside, &len) : NULL;

	return found && found->low ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
