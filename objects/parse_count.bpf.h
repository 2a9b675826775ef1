/* SPDX-License-Identifier: GPL-2.0-only */
/* What xdp_parse and tc_parse do with a packet whose headers were looked at. */
#ifndef PARSE_COUNT_BPF_H
#define PARSE_COUNT_BPF_H

#include "compat/maps.bpf.h"
#include "parse.h"
#include "source.bpf.h"
#include "stats.bpf.h"

BPF_MAP(parse_protocols, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats_record, PARSE_SLOTS)
MAP_COUNTER;
BPF_MAP(parse_sources, BPF_MAP_TYPE_LRU_PERCPU_HASH, struct source_key, struct stats_record,
        PARSE_SOURCES)
MAP_FLOW;

static __always_inline __u32 parse_slot(const struct packet *p, enum parse_status status)
{
	if (status == PARSE_TRUNCATED)
		return PARSE_SLOT_TRUNCATED;
	if (status == PARSE_MALFORMED)
		return PARSE_SLOT_MALFORMED;
	if (p->ip4)
		return p->l4_protocol;
	if (p->ip6)
		return PARSE_SLOT_IP6 + p->l4_protocol;
	return p->protocol == bpf_htons(ETH_P_ARP) ? PARSE_SLOT_ARP : PARSE_SLOT_OTHER;
}

/* By source is counted whatever has an IP header, also if something behind it is wrong. */
static __always_inline void parse_count(const struct packet *p, enum parse_status status)
{
	struct source_key key;

	stats_count(&parse_protocols, parse_slot(p, status), p->bytes);
	if (source_find(p, &key))
		source_count(&parse_sources, &key, p->bytes);
}

#endif
