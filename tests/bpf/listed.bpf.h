/* SPDX-License-Identifier: GPL-2.0-only */
/* A list that the program finds by a slot of a map of maps, and by its name. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct list {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LISTED_ROOM);
	__type(key, __u32);
	__type(value, __u64);
} blocked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
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

char LICENSE[] SEC("license") = "GPL";
