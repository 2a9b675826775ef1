// SPDX-License-Identifier: GPL-2.0-only
/* A map of maps as acl has it, but with as many slots as it had when sets were one map each. */
#include "objects/acl_lists.h"
#include "compat/maps.bpf.h"

BPF_ARRAY_OF_ARRAYS(acl_sets4, struct acl_row, BPF_F_MMAPABLE, ACL_LIST_SLOTS) MAP_CONFIG;

SEC("tc")
int acl_resized(struct __sk_buff *skb)
{
	__u32 slot = 0;

	(void)skb;
	return bpf_map_lookup_elem(&acl_sets4, &slot) ? 0 : -1;
}

char LICENSE[] SEC("license") = "GPL";
