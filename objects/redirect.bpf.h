/* SPDX-License-Identifier: GPL-2.0-only */
/* What the XDP and the tc program that redirect frames share: the maps, and the choice. */
#ifndef REDIRECT_BPF_H
#define REDIRECT_BPF_H

#include <linux/if_ether.h>
#include "compat/maps.bpf.h"
#include "redirect.h"
#include "stats.bpf.h"

BPF_MAP(redirect_params, BPF_MAP_TYPE_HASH, struct redirect_mac, struct redirect_mac,
        REDIRECT_FLOWS)
MAP_CONFIG;
BPF_MAP(redirect_flows, BPF_MAP_TYPE_PERCPU_HASH, struct redirect_mac, struct stats_record,
        REDIRECT_FLOWS)
MAP_COUNTER;
BPF_MAP(redirect_mode, BPF_MAP_TYPE_ARRAY, __u32, struct redirect_mode, 1)
MAP_CONFIG;

/* The destination that a frame of this source gets, or NULL: it passes. */
static __always_inline struct redirect_mac *redirect_destination(const struct ethhdr *eth)
{
	return bpf_map_lookup_elem(&redirect_params, eth->h_source);
}

static __always_inline struct redirect_mode *redirect_get_mode(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&redirect_mode, &key);
}

/* It goes: write the destination, and count it for its source if that is counted. */
static __always_inline void redirect_address(struct ethhdr *eth, const struct redirect_mac *to,
                                             __u64 bytes)
{
	struct stats_record *flow = bpf_map_lookup_elem(&redirect_flows, eth->h_source);

	__builtin_memcpy(eth->h_dest, to, sizeof(*to));
	if (!flow)
		return;
	flow->rx_packets++;
	flow->rx_bytes += bytes;
}

#endif
