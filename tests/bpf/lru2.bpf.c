// SPDX-License-Identifier: GPL-2.0-only
/* The maps of lru1 as LRU maps; each CPU has its own share of the members. */
#include "compat/maps.bpf.h"

BPF_MAP_FLAGS(members, BPF_MAP_TYPE_LRU_HASH, __u32, __u64, 1000, BPF_F_NO_COMMON_LRU);
BPF_MAP(talkers, BPF_MAP_TYPE_LRU_PERCPU_HASH, __u32, __u64, 5000);

#include "tests/bpf/lru.bpf.h"
