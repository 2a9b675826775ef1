/* SPDX-License-Identifier: GPL-2.0-only */
/* The source address of a packet, and packets and bytes counted by it. */
#ifndef SOURCE_BPF_H
#define SOURCE_BPF_H

#include <bpf/bpf_helpers.h>
#include "parse.bpf.h"
#include "source.h"
#include "stats.h"

/* Fill in the key. Returns 0 if there is no IP header, else 1. */
static __always_inline int source_find(const struct packet *p, struct source_key *key)
{
	*key = (struct source_key){};
	if (p->ip4) {
		key->version = 4;
		__builtin_memcpy(key->address, &p->ip4->saddr, sizeof(p->ip4->saddr));
		return 1;
	}
	if (p->ip6) {
		key->version = 6;
		__builtin_memcpy(key->address, &p->ip6->saddr, sizeof(p->ip6->saddr));
		return 1;
	}
	return 0;
}

/*
 * Add a packet to the record of its source in a BPF_MAP_TYPE_LRU_PERCPU_HASH of struct
 * stats_record. Each CPU has numbers of its own, so plain additions are exact as long as no record
 * is dropped. The kernel gives the memory of a dropped record to another source at once: what a CPU
 * adds at that very moment goes astray, at most one packet per CPU and dropped record.
 */
static __always_inline void source_count(void *map, const struct source_key *key, __u64 bytes)
{
	struct stats_record *record = bpf_map_lookup_elem(map, key), none = {};

	if (!record) {
		/* Another CPU may have been faster: then its record is used. */
		bpf_map_update_elem(map, key, &none, BPF_NOEXIST);
		record = bpf_map_lookup_elem(map, key);
	}
	if (!record)
		return;
	record->rx_packets++;
	record->rx_bytes += bytes;
}

#endif
