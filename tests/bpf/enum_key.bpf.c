// SPDX-License-Identifier: GPL-2.0-only
/* An array by an enum, which the kernel does not take for the type of its keys. Every packet
 * passes. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum size {
	SIZE_SMALL,
	SIZE_LARGE,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, enum size);
	__type(value, __u64);
} by_size SEC(".maps");

SEC("xdp")
int enum_key(struct xdp_md *ctx)
{
	enum size key = ctx->data_end - ctx->data > 100 ? SIZE_LARGE : SIZE_SMALL;
	__u64 *count = bpf_map_lookup_elem(&by_size, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
