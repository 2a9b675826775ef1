// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two maps that nothing but the order in which they are used, which is not that of their names,
 * tells apart once the kernel has cut these. Each is set to its number. Every packet passes.
 */
#include "compat/maps.bpf.h"

BPF_MAP(identical_name_1, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);
BPF_MAP(identical_name_2, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);
BPF_MAP(another, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);

/* In a map of the object file alone. */
const volatile __u32 step = 1;

static __always_inline void set(void *map, __u32 number)
{
	__u32 key = 0, *value = bpf_map_lookup_elem(map, &key);

	if (value)
		*value = number;
}

SEC("xdp")
int twins(struct xdp_md *ctx)
{
	(void)ctx;
	set(&identical_name_2, 2);
	set(&identical_name_1, 1);
	set(&another, step);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
