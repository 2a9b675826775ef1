/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps and the program of inner1 and inner2. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct sized {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, INNER_VALUE);
};

struct typed {
	__uint(type, INNER_TYPE);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct sized);
} sizes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct typed);
} kinds SEC(".maps");

static int is_listed(void *maps, __u32 len)
{
	void *inside = bpf_map_lookup_elem(maps, &len);

	return inside && bpf_map_lookup_elem(inside, &len);
}

SEC("xdp")
int inner(struct xdp_md *ctx)
{
	__u32 len = ctx->data_end - ctx->data;

	return is_listed(&sizes, len) || is_listed(&kinds, len) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
