// SPDX-License-Identifier: GPL-2.0-only
/* The counts of tally1 in other widths. */
#include "compat/maps.bpf.h"

struct tally {
	__u64 wider;
	__u16 small;
	__u16 narrower;
	__u32 cut[2];
	__u8 tiny;
	__u8 pad[3];
	union {
		__u64 either;
		__u8 bytes[8];
	};
};

struct last {
	__u16 frames;
};

BPF_MAP(tallies, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct tally, 2);
BPF_MAP(last, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct last, 2);

#include "tests/bpf/tally.bpf.h"
