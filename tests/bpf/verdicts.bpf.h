/* SPDX-License-Identifier: GPL-2.0-only */
/* The program of verdicts1 to verdicts4: what is denied is dropped. They differ in the enum. */
#include "compat/maps.bpf.h"

struct rule {
	enum verdict verdict;
#ifdef GROWN
	__u32 more;
#endif
};

BPF_MAP(rules, BPF_MAP_TYPE_HASH, __u32, struct rule, 8);

SEC("xdp")
int verdicts(struct xdp_md *ctx __attribute__((unused)))
{
	__u32 key = 1;
	struct rule *rule = bpf_map_lookup_elem(&rules, &key);

	return rule && rule->verdict == VERDICT_DENY ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
