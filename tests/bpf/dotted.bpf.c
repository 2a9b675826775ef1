// SPDX-License-Identifier: GPL-2.0-only
/* Maps that the object defines, whose names have a dot. Every packet passes. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define DOTTED_MAP(symbol, full_name, entries)                                                     \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(max_entries, entries);                                                      \
		__type(key, __u32);                                                                \
		__type(value, __u64);                                                              \
	} symbol __asm__(full_name) SEC(".maps")

DOTTED_MAP(deny, "deny.list", 4);
/* The kernel's name of it has no dot: it is cut in front of it. */
DOTTED_MAP(long_deny, "the_long_deny_list.of.hosts", 4);
/* Like a section of the object but for the type of its key. */
DOTTED_MAP(limits, "limits.data", 1);

const volatile __u32 constant = 3;
__u32 counter;

SEC("xdp")
int dotted(struct xdp_md *ctx)
{
	__u32 key = constant;

	(void)ctx;
	bpf_map_lookup_elem(&deny, &key);
	bpf_map_lookup_elem(&long_deny, &key);
	bpf_map_lookup_elem(&limits, &key);
	counter++;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
