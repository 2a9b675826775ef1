/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program of stops1 and stops2: what has key 7 in all three lists is stopped, and each counts
 * it. The objects differ in what else an entry has.
 */
#include "compat/maps.bpf.h"

BPF_MAP(stops, BPF_MAP_TYPE_PERCPU_HASH, __u32, struct stop, 10000);
BPF_MAP(recent, BPF_MAP_TYPE_LRU_PERCPU_HASH, __u32, struct stop, 10000);
BPF_MAP(common, BPF_MAP_TYPE_HASH, __u32, struct stop, 10000);

/* XDP, unless the object says otherwise. */
#ifndef SECTION
#define SECTION "xdp"
#define STOP    XDP_DROP
#define PASS    XDP_PASS
#endif

SEC(SECTION)
int PROGRAM(void *ctx __attribute__((unused)))
{
	struct stop *stopped, *recently, *commonly;
	__u32 key = 7;

	stopped = bpf_map_lookup_elem(&stops, &key);
	recently = bpf_map_lookup_elem(&recent, &key);
	commonly = bpf_map_lookup_elem(&common, &key);
	if (!stopped || !recently || !commonly)
		return PASS;
	stopped->frames++;
	recently->frames++;
	__sync_fetch_and_add(&commonly->frames, 1);
	return STOP;
}

char LICENSE[] SEC("license") = "GPL";
