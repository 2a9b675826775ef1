// SPDX-License-Identifier: GPL-2.0-only
/* The other of globals1 and globals2 has other variables. */
#include <linux/types.h>

struct sizes {
	__u64 more;
	__u64 longest;
};

__u32 added;
__u64 total;
struct sizes sizes;
__u64 level = 5;
const volatile __u32 step = 1;

#define PROGRAM    globals2
#define COUNT_MORE (++added)
#include "globals.bpf.h"
