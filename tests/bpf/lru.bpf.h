/* SPDX-License-Identifier: GPL-2.0-only */
/* The program of lru1 and lru2: who is a member is dropped. */
SEC("xdp")
int lru(struct xdp_md *ctx)
{
	__u32 len = ctx->data_end - ctx->data;

	bpf_map_lookup_elem(&talkers, &len);
	return bpf_map_lookup_elem(&members, &len) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
