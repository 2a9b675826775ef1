// SPDX-License-Identifier: GPL-2.0-only
/* The maps of migrate_old.bpf.c after an upgrade. Every frame is counted and dropped. */
#include "compat/maps.bpf.h"
#include "tests/bpf/migrate.h"

#define COUNT    struct tagged_count
#define SEEN_KEY __u64
#define CLASS(c) __attribute__((btf_decl_tag("ifbpf:" c)))

enum kind { KIND_NONE, KIND_GOOD, KIND_BAD };

/* struct new_count with a tag. */
struct tagged_count {
	__u64 bytes;
	__u64 errors;
	__u64 packets;
	__u64 fresh;
	char note[12];
	enum kind kind;
	__u64 latest __attribute__((btf_decl_tag("ifbpf:max")));
};

_Static_assert(sizeof(struct tagged_count) == sizeof(struct new_count), "the same record");

BPF_MAP(counts, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct tagged_count, 8);
BPF_MAP_FLAGS(seen, BPF_MAP_TYPE_PERCPU_HASH, __u64, struct tagged_count, 128, BPF_F_NO_PREALLOC);
BPF_MAP_FLAGS(rules, BPF_MAP_TYPE_HASH, struct new_rule_key, struct new_rule, 1 << 20,
              BPF_F_NO_PREALLOC)
CLASS("config");
BPF_MAP(flows, BPF_MAP_TYPE_LRU_HASH, __u32, struct new_rule, 1024) CLASS("flow");
BPF_MAP(slots, BPF_MAP_TYPE_HASH, __u64, __u64, 16);
BPF_MAP(ports, BPF_MAP_TYPE_ARRAY, __u32, __u64, 4);
BPF_MAP(shared, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct tagged_count, 2) CLASS("counter");
BPF_MAP(settings, BPF_MAP_TYPE_ARRAY, __u32, __u32, 2) CLASS("config");
BPF_MAP(narrow, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u32, 4);
BPF_MAP(devices, BPF_MAP_TYPE_DEVMAP_HASH, __u32, __u32, 16);

struct prefix {
	__u32 prefixlen;
	__u8 addr[16];
};

BPF_MAP_FLAGS(prefixes, BPF_MAP_TYPE_LPM_TRIE, struct prefix, __u64, 64, BPF_F_NO_PREALLOC);

struct inside {
	__u16 b[2];
	__u64 a;
};

struct shapes {
	enum kind kind;
	__s64 small;
	__u32 low : 6;
	__u32 high : 2;
	__u32 wide;
	__u64 added;
	char text[16];
	__u32 longer[4];
	__u32 shorter[2];
	struct inside parts[2];
	union {
		__u32 v4;
		__u8 v6[16];
	};
	__u64 hidden;
};

BPF_MAP(shapes, BPF_MAP_TYPE_HASH, __u32, struct shapes, 16);

union either {
	__u32 a;
	__u64 b;
	__u16 c;
};

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 16);
	__type(value, __u32);
} queue SEC(".maps");

BPF_MAP(unions, BPF_MAP_TYPE_HASH, __u32, union either, 8);

struct pair {
	__u64 a, b;
};

BPF_MAP(scalar, BPF_MAP_TYPE_HASH, __u32, struct pair, 8);

struct signs {
	__u32 a;
	__s32 b;
};

BPF_MAP(signs, BPF_MAP_TYPE_HASH, __u32, struct signs, 8);

struct ends {
	__be32 port;
	__be16 addr;
	__be32 more[2];
	__be16 plain;
};

BPF_MAP(ends, BPF_MAP_TYPE_HASH, __be32, struct ends, 8);
BPF_MAP(ends_of_cpus, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct ends, 2);
BPF_MAP(half_ends, BPF_MAP_TYPE_HASH, __u32, __be32, 8);

struct only_address {
	__u32 addr;
};

BPF_MAP(clash, BPF_MAP_TYPE_HASH, struct only_address, __u32, 8);

#include "tests/bpf/migrate_count.bpf.h"
