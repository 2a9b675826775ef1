/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a program hands on a packet that it has nothing against: CHAIN_XDP(acl) or CHAIN_TC(acl)
 * defines its link and counter, and 'return chain_xdp(ctx)' or 'return chain_tc(skb)' stands where
 * it would return XDP_PASS or TC_ACT_UNSPEC. Without a program behind it, that is what it returns,
 * counted: so each packet is in the statistics once, by the program that decided.
 */
#ifndef CHAIN_BPF_H
#define CHAIN_BPF_H

#include "compat/maps.bpf.h"
#include "chain.h"
#include "stats.bpf.h"

/*
 * A tail call that succeeds does not come back, so it is counted before. That nobody follows is
 * known afterwards; it is then taken back, on the same CPU, before anybody else can count there.
 */
#define CHAIN_HAND_ON(ctx, link, went, bytes)                                                      \
	do {                                                                                       \
		__u32 slot = CHAIN_COUNTER_WENT;                                                   \
		struct stats_record *record = bpf_map_lookup_elem(&(went), &slot);                 \
                                                                                                   \
		if (!record)                                                                       \
			break;                                                                     \
		record->rx_packets++;                                                              \
		record->rx_bytes += (bytes);                                                       \
		bpf_tail_call(ctx, &(link), 0);                                                    \
		record->rx_packets--;                                                              \
		record->rx_bytes -= (bytes);                                                       \
	} while (0)

#define CHAIN_MAPS(link, went)                                                                     \
	BPF_MAP(link, BPF_MAP_TYPE_PROG_ARRAY, __u32, __u32, 1);                                   \
	BPF_MAP(went, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, CHAIN_COUNTERS)       \
	MAP_COUNTER

#define CHAIN_XDP(what)                                                                            \
	CHAIN_MAPS(what##_xnext, what##_xwent);                                                    \
	static __always_inline int chain_xdp(struct xdp_md *ctx)                                   \
	{                                                                                          \
		__u64 bytes = xdp_bytes(ctx);                                                      \
                                                                                                   \
		CHAIN_HAND_ON(ctx, what##_xnext, what##_xwent, bytes);                             \
		stats_count(&xdp_stats_map, XDP_PASS, bytes);                                      \
		return XDP_PASS;                                                                   \
	}                                                                                          \
	_Static_assert(sizeof(#what "_xnext") <= 16, "the kernel cuts longer names")

#define CHAIN_TC(what)                                                                             \
	CHAIN_MAPS(what##_tnext, what##_twent);                                                    \
	static __always_inline int chain_tc(struct __sk_buff *skb)                                 \
	{                                                                                          \
		CHAIN_HAND_ON(skb, what##_tnext, what##_twent, skb->len);                          \
		return tc_count(&tc_stats_map, skb, TC_ACT_UNSPEC);                                \
	}                                                                                          \
	_Static_assert(sizeof(#what "_tnext") <= 16, "the kernel cuts longer names")

#endif
