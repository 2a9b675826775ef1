// SPDX-License-Identifier: GPL-2.0-only
/* Counts of all widths; tally2 has other widths for them. */
#include "compat/maps.bpf.h"

struct tally {
	__u32 narrower;
	__u16 wider;
	__u16 small;
	union {
		__u64 either;
		__u8 bytes[8];
	};
	__u32 cut[4];
	__u8 tiny;
	__u8 pad[7];
};

struct last {
	__u16 frames;
};

BPF_MAP(tallies, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct tally, 2);
BPF_MAP(last, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct last, 1);

#include "tests/bpf/tally.bpf.h"
