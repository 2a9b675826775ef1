/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The maps of xdp_ratelimit and tc_ratelimit. */
#ifndef RATELIMIT_H
#define RATELIMIT_H

#include "bucket.h"
#include "source.h"
#include "stats.h"

/* LPM trie: of several prefixes that a source is in, the longest decides. */
#define RATE_LIMITS_MAP "rate_limits"
#define RATE_LIMITS     16384

struct rate_prefix {
	__u32 length; /* bits of source: 32 for the version, and those of the address */
	struct source_key source;
};

#define RATE_PREFIX_VERSION 32

/*
 * Array of one struct rate_settings. All zero: programs look into rate_limits, so whoever writes
 * limits there and does not know of this map is obeyed, and so are limits that were there before.
 */
#define RATE_SETTINGS_MAP "rate_settings"

struct rate_settings {
	__u32 empty; /* 1: rate_limits is empty, and nothing is looked up. First 0, then a limit */
	__u32 pad;
};

#define RATE_PER_SOURCE 0 /* a bucket for each source address */
#define RATE_PER_PREFIX 1 /* one for the whole prefix */

/* What users said, and what programs need of it. A rate of 0 is no limit. */
struct rate_limit {
	__u64 packets; /* per second */
	__u64 bytes;   /* per second */
	__u64 burst_packets;
	__u64 burst_bytes;
	/* In the units of struct bucket: what one costs, and what a full bucket gives. */
	__u64 packet_cost;
	__u64 byte_cost; /* 256 times as much */
	__u64 packet_burst;
	__u64 byte_burst;
	__u32 per;
	__u32 pad;
	struct rate_prefix prefix; /* its key, which a look-up does not tell */
};

/* LRU hash: buckets in use. A dropped one begins anew, full. */
#define RATE_BUCKETS_MAP "rate_buckets"
#define RATE_BUCKETS     65536

/* Whose bucket: a source with all its bits, or a prefix, whose other bits are 0; by which limit. */
struct rate_owner {
	struct source_key source;
	__u32 length; /* as in rate_prefix; from bit RATE_OWNER_MARK on, a number for the limit */
};

#define RATE_OWNER_MARK 8

/*
 * Which limit a bucket is for, as a number that others hardly have: a debt is time at the rate of a
 * limit, and says nothing at the rate of another one, which begins with full buckets therefore.
 */
static inline __attribute__((always_inline)) __u32 rate_mark(const struct rate_limit *limit)
{
	const __u64 odd = 0x9e3779b97f4a7c15; /* spreads each bit over all above it */
	__u64 mark;

	mark = limit->packet_cost * odd + limit->packet_burst;
	mark = (mark ^ mark >> 32) * odd + limit->byte_cost;
	mark = (mark ^ mark >> 32) * odd + limit->byte_burst;
	return (mark ^ mark >> 32) * odd >> (32 + RATE_OWNER_MARK);
}

struct rate_bucket {
	struct bucket packets, bytes;
};

/* LRU per-CPU hash, struct source_key to struct stats_record: what was dropped. */
#define RATE_DROPPED_MAP "rate_dropped"
#define RATE_DROPPED     16384

_Static_assert(sizeof(struct rate_settings) == 8, "struct rate_settings is a pinned format");
_Static_assert(sizeof(struct rate_prefix) == 24, "struct rate_prefix is a pinned format");
_Static_assert(sizeof(struct rate_limit) == 96, "struct rate_limit is a pinned format");
_Static_assert(sizeof(struct rate_owner) == 24, "struct rate_owner is a pinned format");
_Static_assert(sizeof(struct rate_bucket) == 32, "struct rate_bucket is a pinned format");

#endif
