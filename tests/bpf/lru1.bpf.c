// SPDX-License-Identifier: GPL-2.0-only
/* A list and counters that keep every entry; of lru2 they are LRU maps, which drop some. */
#include "compat/maps.bpf.h"

BPF_MAP(members, BPF_MAP_TYPE_HASH, __u32, __u64, 1000);
BPF_MAP(talkers, BPF_MAP_TYPE_PERCPU_HASH, __u32, __u64, 6000);

#include "tests/bpf/lru.bpf.h"
