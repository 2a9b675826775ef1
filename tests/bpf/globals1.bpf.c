// SPDX-License-Identifier: GPL-2.0-only
/* The other of globals1 and globals2 has other variables. */
#include <linux/types.h>

struct sizes {
	__u32 longest;
};

__u32 total;
__u32 gone;
__u32 unused;
struct sizes sizes;
__u32 level = 5;
const volatile __u32 step = 1;

#define PROGRAM    globals1
#define COUNT_MORE (++gone + unused)
#include "globals.bpf.h"
