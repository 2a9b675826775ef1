// SPDX-License-Identifier: GPL-2.0-only
/* Maps before an upgrade; migrate_new.bpf.c has them after it. Every frame is counted and dropped.
 */
#include "compat/maps.bpf.h"
#include "tests/bpf/migrate.h"

#define COUNT    struct old_count
#define SEEN_KEY __u32

enum kind { KIND_NONE, KIND_GOOD, KIND_BAD };

BPF_MAP(counts, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct old_count, 4);
BPF_MAP_FLAGS(seen, BPF_MAP_TYPE_PERCPU_HASH, __u32, struct old_count, 64, BPF_F_NO_PREALLOC);
BPF_MAP_FLAGS(rules, BPF_MAP_TYPE_HASH, struct old_rule_key, struct old_rule, 1 << 20,
              BPF_F_NO_PREALLOC);
BPF_MAP(flows, BPF_MAP_TYPE_LRU_HASH, __u32, struct old_rule, 1024);
BPF_MAP(slots, BPF_MAP_TYPE_ARRAY, __u32, __u32, 8);
BPF_MAP(ports, BPF_MAP_TYPE_HASH, __u32, __u32, 8);
BPF_MAP(shared, BPF_MAP_TYPE_ARRAY, __u32, struct old_count, 2);
BPF_MAP(settings, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u32, 2);
BPF_MAP(narrow, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64, 4);
BPF_MAP(devices, BPF_MAP_TYPE_DEVMAP, __u32, __u32, 8);

struct prefix {
	__u32 prefixlen;
	__u8 addr[4];
};

BPF_MAP_FLAGS(prefixes, BPF_MAP_TYPE_LPM_TRIE, struct prefix, __u32, 64, BPF_F_NO_PREALLOC);

/* One of everything that a walk through BTF meets. */
struct inside {
	__u32 a;
	__u16 b[2];
};

struct shapes {
	__s8 small;
	__u8 low : 3;
	__u8 high : 5;
	__u16 wide;
	enum kind kind;
	char text[8];
	__u32 longer[2];
	__u32 shorter[4];
	struct inside parts[2];
	union {
		__u32 v4;
		__u8 v6[16];
	};
	struct {
		__u32 hidden;
	};
	__u64 gone;
};

BPF_MAP(shapes, BPF_MAP_TYPE_HASH, __u32, struct shapes, 16);

/* Pairs that cannot be moved. */
union either {
	__u32 a;
	__u64 b;
};

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 8);
	__type(value, __u32);
} queue SEC(".maps");

BPF_MAP(unions, BPF_MAP_TYPE_HASH, __u32, union either, 8);
BPF_MAP(scalar, BPF_MAP_TYPE_HASH, __u32, __u64, 8);

struct signs {
	__s32 a;
	__u32 b;
};

BPF_MAP(signs, BPF_MAP_TYPE_HASH, __u32, struct signs, 8);

/* Numbers of network byte order. */
struct ends {
	__be16 port;
	__be32 addr;
	__be16 more[2];
	__u16 plain;
};

BPF_MAP(ends, BPF_MAP_TYPE_HASH, __be16, struct ends, 8);
BPF_MAP(ends_of_cpus, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct ends, 2);
BPF_MAP(half_ends, BPF_MAP_TYPE_HASH, __u32, __u16, 8);

/* Two old keys become one. */
BPF_MAP(clash, BPF_MAP_TYPE_HASH, struct old_rule_key, __u32, 8);

#include "tests/bpf/migrate_count.bpf.h"
