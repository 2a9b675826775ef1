/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a packet is within the limit of its source. */
#ifndef RATELIMIT_BPF_H
#define RATELIMIT_BPF_H

#include "compat/maps.bpf.h"
#include "parse.bpf.h"
#include "ratelimit.h"
#include "source.bpf.h"
#include "stats.bpf.h"

BPF_MAP_FLAGS(rate_limits, BPF_MAP_TYPE_LPM_TRIE, struct rate_prefix, struct rate_limit,
              RATE_LIMITS, BPF_F_NO_PREALLOC)
MAP_CONFIG;
BPF_MAP(rate_settings, BPF_MAP_TYPE_ARRAY, __u32, struct rate_settings, 1) MAP_CONFIG;
BPF_MAP(rate_buckets, BPF_MAP_TYPE_LRU_HASH, struct rate_owner, struct rate_bucket, RATE_BUCKETS)
MAP_FLOW;
BPF_MAP(rate_dropped, BPF_MAP_TYPE_LRU_PERCPU_HASH, struct source_key, struct stats_record,
        RATE_DROPPED)
MAP_FLOW;

/* There is no limit at all: a packet need not be looked at. */
static __always_inline int rate_is_idle(void)
{
	struct rate_settings *settings;
	__u32 key = 0;

	settings = bpf_map_lookup_elem(&rate_settings, &key);
	return settings && settings->empty;
}

/*
 * The bucket of the owner, a full one if it is new. NULL if the kernel has no room for it just now.
 */
static __always_inline struct rate_bucket *rate_bucket_find(const struct rate_owner *owner,
                                                            __u64 now)
{
	struct rate_bucket *bucket = bpf_map_lookup_elem(&rate_buckets, owner);
	struct rate_bucket full = { .packets.base = now, .bytes.base = now };

	if (bucket)
		return bucket;
	/* Another CPU may have been faster: then its bucket is used. */
	bpf_map_update_elem(&rate_buckets, owner, &full, BPF_NOEXIST);
	return bpf_map_lookup_elem(&rate_buckets, owner);
}

/* Take the packet out of the bucket, if it has room by every rate. */
static __always_inline int rate_take(struct rate_bucket *bucket, const struct rate_limit *limit,
                                     __u64 now, __u64 bytes)
{
	__u64 cost = bytes * limit->byte_cost >> 8;

	if (limit->packets &&
	    !bucket_has(&bucket->packets, now, limit->packet_cost, limit->packet_burst))
		return 0;
	if (limit->bytes && !bucket_has(&bucket->bytes, now, cost, limit->byte_burst))
		return 0;
	if (limit->packets)
		bucket_take(&bucket->packets, limit->packet_cost);
	if (limit->bytes)
		bucket_take(&bucket->bytes, cost);
	return 1;
}

/*
 * The limit of the packet's source, which goes into the key; NULL if there is none. What hides its
 * source behind tags comes from 0.0.0.0, or from :: if that has no limit.
 */
static __always_inline struct rate_limit *rate_limit_find(const struct packet *p,
                                                          struct rate_prefix *prefix)
{
	struct rate_limit *limit;
	int hidden = parse_is_hidden(p);

	if (!source_find(p, &prefix->source) && !hidden)
		return NULL;
	if (hidden)
		prefix->source.version = 4;
	limit = bpf_map_lookup_elem(&rate_limits, prefix);
	if (limit || !hidden)
		return limit;
	prefix->source.version = 6;
	return bpf_map_lookup_elem(&rate_limits, prefix);
}

/*
 * Returns 1 if the packet passes: it has no IP header, its source has no limit, or has not reached
 * it. What is dropped is counted by its source. A packet that passes for want of room for a bucket
 * is better than one that is dropped within its limit.
 */
static __always_inline int rate_allows(const struct packet *p)
{
	struct rate_prefix prefix = { .length = 8 * sizeof(prefix.source) };
	struct rate_owner owner = {};
	struct rate_bucket *bucket;
	struct rate_limit *limit;
	__u64 now;

	limit = rate_limit_find(p, &prefix);
	if (!limit || (!limit->packets && !limit->bytes))
		return 1;
	if (limit->per == RATE_PER_PREFIX) {
		owner.source = limit->prefix.source;
		owner.length = limit->prefix.length;
	} else {
		owner.source = prefix.source;
		owner.length = prefix.length;
	}
	owner.length |= rate_mark(limit) << RATE_OWNER_MARK;
	now = BUCKET_NS(bpf_ktime_get_ns());
	bucket = rate_bucket_find(&owner, now);
	if (!bucket || rate_take(bucket, limit, now, p->bytes))
		return 1;
	source_count(&rate_dropped, &prefix.source, p->bytes);
	return 0;
}

#endif
