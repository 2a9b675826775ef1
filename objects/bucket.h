/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * A token bucket that several CPUs use without a lock, and with no other atomic operation than an
 * addition whose result nobody needs: that is what BPF programs can do on every kernel and with
 * every loader. Plain C, so that it can be tried without a kernel, on a clock of one's own.
 *
 * Rather than tokens, it keeps the time at which it is full again: base + spent. What passes is
 * added to spent, atomically, and never taken back. A bucket that has been full for a while is
 * brought up to date by a new base: now less the spent that was read before. What other CPUs spend
 * in between is in spent all the same, so no packet is forgotten. Only if a CPU stands still
 * between reading and writing for as long as a bucket takes to be emptied and to be full again,
 * does its old base make the bucket full once more.
 *
 * Several CPUs can each see room for one packet where there is room for one in all. What they let
 * pass is spent nevertheless, and missing later. So in any time t there pass at most
 *
 *     rate * t + burst + (CPUs - 1) packets
 *
 * Times are in units of 1/64 ns. They wrap around, and only differences count.
 */
#ifndef BUCKET_H
#define BUCKET_H

#include <linux/types.h>

#define BUCKET_NS(ns) ((ns)*64ULL)

struct bucket {
	__u64 spent;
	__u64 base;
};

_Static_assert(sizeof(struct bucket) == 16, "struct bucket is a pinned format");

/*
 * Whether something that costs so much may pass now; burst: what a full bucket gives at once. What
 * costs more than that passes if the bucket is full, and is paid for afterwards. Brings an idle
 * bucket up to date, and takes nothing: that is bucket_take(), if nothing else objects.
 */
static inline __attribute__((always_inline)) int bucket_has(volatile struct bucket *bucket,
                                                            __u64 now, __u64 cost, __u64 burst)
{
	__u64 spent = bucket->spent; /* before the base: see above */
	__s64 debt = (__s64)(bucket->base + spent - now);

	if (debt < 0) {
		bucket->base = now - spent;
		debt = 0;
	}
	if (cost > burst)
		cost = burst;
	return (__u64)debt + cost <= burst;
}

static inline __attribute__((always_inline)) void bucket_take(struct bucket *bucket, __u64 cost)
{
	__sync_fetch_and_add(&bucket->spent, cost);
}

#endif
