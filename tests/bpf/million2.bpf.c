// SPDX-License-Identifier: GPL-2.0-only
/* Drop every packet while a rule is in a list of a million; million1 defines the maps otherwise. */
#include "compat/maps.bpf.h"
#include "tests/bpf/migrate.h"

#define PROGRAM  million2
#define RULE_KEY new_rule_key

struct frames {
	__u64 dropped;
	__u64 added;
	__u64 passed;
};

BPF_MAP_FLAGS(rules, BPF_MAP_TYPE_HASH, struct new_rule_key, struct new_rule, 1 << 20,
              BPF_F_NO_PREALLOC);
BPF_MAP(frames_seen, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct frames, 1);

#include "tests/bpf/million.bpf.h"
