/* SPDX-License-Identifier: GPL-2.0-only */
/* A list that the program finds by a slot of a map of maps, and for XDP by its name as well. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#ifndef LISTED_SLOTS
#define LISTED_SLOTS 4
#endif

struct list {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LISTED_ROOM);
	__type(key, __u32);
	__type(value, __u64);
} blocked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, LISTED_SLOTS);
	__type(key, __u32);
	__array(values, struct list);
} lists SEC(".maps") = {
	.values = { [0] = &blocked },
};

/* Slot 0: packets that passed; slot 1: dropped, by the slot; slot 2: by the name. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

static int count(__u32 which, int action)
{
	__u64 *value = bpf_map_lookup_elem(&verdicts, &which);

	if (value)
		__sync_fetch_and_add(value, 1);
	return action;
}

#ifdef LISTED_TC
SEC("tc")
int tc_listed(struct __sk_buff *skb)
{
	__u32 by_slot = 0;
	void *list = bpf_map_lookup_elem(&lists, &by_slot);

	(void)skb;
	if (list && bpf_map_lookup_elem(list, &by_slot))
		return count(1, TC_ACT_SHOT);
	return count(0, TC_ACT_OK);
}
#else
SEC("xdp")
int listed(struct xdp_md *ctx)
{
	__u32 by_slot = 0, by_name = 1;
	void *list = bpf_map_lookup_elem(&lists, &by_slot);

	(void)ctx;
	if (list && bpf_map_lookup_elem(list, &by_slot))
		return count(1, XDP_DROP);
	if (bpf_map_lookup_elem(&blocked, &by_name))
		return count(2, XDP_DROP);
	return count(0, XDP_PASS);
}
#endif

char LICENSE[] SEC("license") = "GPL";
