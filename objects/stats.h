/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The statistics maps: records shared by the BPF programs and the tools that read them. */
#ifndef STATS_H
#define STATS_H

#include <linux/types.h>

#define XDP_STATS_MAP "xdp_stats_map"
#define TC_STATS_MAP  "tc_stats_map"

/* One slot per XDP action, XDP_ABORTED to XDP_REDIRECT. */
#define XDP_STATS_SLOTS 5

/* One slot per tc action, TC_ACT_OK to TC_ACT_TRAP, and the last for TC_ACT_UNSPEC, which is -1. */
#define TC_STATS_UNSPEC 9
#define TC_STATS_SLOTS  10

struct stats_record {
	__u64 rx_packets;
	__u64 rx_bytes;
};

_Static_assert(sizeof(struct stats_record) == 16, "struct stats_record is a pinned format");

#endif
