// SPDX-License-Identifier: GPL-2.0-only
/*
 * A map of pointers to objects of the kernel, to be looked at and not loaded: compilers before
 * clang 16 drop the tag of a pointer to a struct that is more than declared. Every packet passes.
 */
#include "compat/maps.bpf.h"

struct task_struct;
typedef struct task_struct __attribute__((btf_type_tag("kptr_untrusted"))) * task_pointer;

BPF_MAP(scalar, BPF_MAP_TYPE_HASH, __u32, task_pointer, 8);

SEC("xdp")
int kptr(struct xdp_md *ctx)
{
	__u32 key = ctx->rx_queue_index;

	bpf_map_lookup_elem(&scalar, &key);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
