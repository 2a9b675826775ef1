/* SPDX-License-Identifier: GPL-2.0-only */
/* The program of both objects: counts each frame in `counts` and, by its length, in `seen`. */
SEC("xdp")
int count(struct xdp_md *ctx)
{
	__u32 len = ctx->data_end - ctx->data, zero = 0;
	SEEN_KEY key = len;
	COUNT empty = {}, *c = bpf_map_lookup_elem(&counts, &zero);

	if (c) {
		c->packets++;
		c->bytes += len;
	}
	c = bpf_map_lookup_elem(&seen, &key);
	if (!c) {
		bpf_map_update_elem(&seen, &key, &empty, BPF_NOEXIST);
		c = bpf_map_lookup_elem(&seen, &key);
	}
	if (c) {
		c->packets++;
		c->bytes += len;
	}
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
