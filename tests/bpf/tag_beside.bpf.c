// SPDX-License-Identifier: GPL-2.0-only
/*
 * Put a VLAN tag beside the packet, as drivers and the kernel do with the outer one, and hand it on
 * to the program under test, whose action counts. Its test run has no other way to such a packet.
 */
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include "compat/maps.bpf.h"
#include "tests/bpf/tag_beside.h"

BPF_MAP(tag, BPF_MAP_TYPE_ARRAY, __u32, struct tag_beside, 1);
BPF_MAP(tested, BPF_MAP_TYPE_PROG_ARRAY, __u32, __u32, 1);

SEC("tc")
int tag_beside(struct __sk_buff *skb)
{
	struct tag_beside *beside;
	__u32 zero = 0;

	beside = bpf_map_lookup_elem(&tag, &zero);
	if (beside && !bpf_skb_vlan_push(skb, bpf_htons(beside->protocol), beside->tci))
		bpf_tail_call(skb, &tested, 0);
	return TAG_BESIDE_FAILED;
}

char LICENSE[] SEC("license") = "GPL";
