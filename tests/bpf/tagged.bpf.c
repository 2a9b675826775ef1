// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps whose tags say another class than their types do: one that packets are counted in, with the
 * length of the longest, and one that is set. Every packet passes.
 */
#include "compat/maps.bpf.h"

struct counted {
	__u32 packets, bytes;
	__u64 longest __attribute__((btf_decl_tag("ifbpf:max")));
};

BPF_MAP(counts, BPF_MAP_TYPE_HASH, __u32, struct counted, 16) MAP_COUNTER;
BPF_MAP(setting, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64, 1) MAP_CONFIG;

SEC("xdp")
int tagged(struct xdp_md *ctx)
{
	__u32 key = 7, length = ctx->data_end - ctx->data;
	struct counted new = {}, *c = bpf_map_lookup_elem(&counts, &key);

	if (!c) {
		bpf_map_update_elem(&counts, &key, &new, BPF_NOEXIST);
		c = bpf_map_lookup_elem(&counts, &key);
	}
	if (!c)
		return XDP_PASS;
	__sync_fetch_and_add(&c->packets, 1);
	__sync_fetch_and_add(&c->bytes, length);
	if (length > c->longest)
		c->longest = length;
	key = 0;
	bpf_map_lookup_elem(&setting, &key);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
