/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deny every packet while key 0 is in the deny list, else let it pass; count both. The other of
 * carry1 and carry2 defines the maps otherwise.
 */
#ifndef CARRY2_BPF_H
#define CARRY2_BPF_H

#include "compat/maps.bpf.h"

struct rule {
	__u64 note;
	__u32 verdict;
	__u32 added;
};

struct frames {
	__u64 dropped;
	__u64 added;
	__u64 passed;
};

BPF_MAP(deny_list, BPF_MAP_TYPE_HASH, __u32, struct rule, 300000);
BPF_MAP(frames_seen, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct frames, 1);

#include "carry_denies.bpf.h"

#endif
