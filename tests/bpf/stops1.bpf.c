// SPDX-License-Identifier: GPL-2.0-only
/* Lists that count what they stop. */
#include <linux/types.h>

struct stop {
	__u64 frames;
};

#define PROGRAM stops1
#include "tests/bpf/stops.bpf.h"
