/* SPDX-License-Identifier: GPL-2.0-only */
/* The program of tally1 and tally2: each frame is counted in every width, and dropped. */
SEC("xdp")
int tally(struct xdp_md *ctx)
{
	__u32 zero = 0, len = ctx->data_end - ctx->data;
	struct tally *t = bpf_map_lookup_elem(&tallies, &zero);
	struct last *l = bpf_map_lookup_elem(&last, &zero);

	if (t && len) {
		t->narrower++;
		t->wider++;
		t->small++;
		t->either++;
	}
	if (l)
		l->frames++;
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
