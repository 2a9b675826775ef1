/* SPDX-License-Identifier: GPL-2.0-only */
/* Count packets and bytes per action in a per-CPU array of struct stats_record. */
#ifndef STATS_BPF_H
#define STATS_BPF_H

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include "stats.h"
#include "xdp.bpf.h"

/* No other CPU writes this record and softirqs do not nest: plain additions are exact. */
static __always_inline void stats_count(void *map, __u32 slot, __u64 bytes)
{
	struct stats_record *record = bpf_map_lookup_elem(map, &slot);

	if (!record)
		return;
	record->rx_packets++;
	record->rx_bytes += bytes;
}

/* Count a packet, of its present length, under the action; return the action. */
static __always_inline int xdp_count(void *map, struct xdp_md *ctx, enum xdp_action action)
{
	stats_count(map, action, xdp_bytes(ctx));
	return action;
}

static __always_inline int tc_count(void *map, struct __sk_buff *skb, int action)
{
	stats_count(map, action == TC_ACT_UNSPEC ? TC_STATS_UNSPEC : action, skb->len);
	return action;
}

#endif
