// SPDX-License-Identifier: GPL-2.0-only
/* The lists of stops1, with more to an entry. */
#include <linux/types.h>

struct stop {
	__u64 since;
	__u64 frames;
};

#define PROGRAM stops2
#include "tests/bpf/stops.bpf.h"
