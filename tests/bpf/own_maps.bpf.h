/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two programs that have maps of their own, and functions that use some of them: own_maps1 is the
 * older version, and in own_maps2 all maps are defined otherwise, and one has become idle.
 */
#include <linux/pkt_cls.h>
#include "compat/maps.bpf.h"

struct own {
	__u64 count;
#ifdef OWN_SECOND
	__u64 added;
#endif
};

BPF_MAP(of_xdp, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct own, 1);
BPF_MAP(of_called, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct own, 1);
BPF_MAP(of_tc, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct own, 1);
BPF_MAP(of_tc_called, BPF_MAP_TYPE_HASH, __u32, struct own, 4);
BPF_MAP(idle, BPF_MAP_TYPE_HASH, __u32, struct own, 4);

static __always_inline int count(void *map)
{
	__u32 key = 0;
	struct own *own = bpf_map_lookup_elem(map, &key);

	if (own)
		own->count++;
	return own != NULL;
}

static __noinline int nested(void)
{
	return count(&of_called);
}

static __noinline int called(void)
{
	int found = nested();

#ifndef OWN_SECOND
	found += count(&idle);
#endif
	return found;
}

/* A pointer to it is all that the program has. */
static long tc_called(__u32 index, void *ctx)
{
	(void)index;
	(void)ctx;
	return count(&of_tc_called);
}

SEC("xdp")
int own_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	count(&of_xdp);
	return called() < 3 ? XDP_PASS : XDP_ABORTED;
}

/* With an array that others may fill, and nothing of the other XDP program. */
BPF_MAP(jumps, BPF_MAP_TYPE_PROG_ARRAY, __u32, __u32, 1);
BPF_MAP(of_jumping, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct own, 1);

SEC("xdp")
int own_jumping(struct xdp_md *ctx)
{
	count(&of_jumping);
	bpf_tail_call(ctx, &jumps, 0);
	return XDP_PASS;
}

SEC("tc")
int own_tc(struct __sk_buff *skb)
{
	count(&of_tc);
	bpf_loop(1, tc_called, NULL, 0);
	return skb->len ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "GPL";
