/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges of addresses, and what a set of them is when it is written in order. */
#ifndef SCRIPTS_ACL_RANGES_H
#define SCRIPTS_ACL_RANGES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Room in a list for one more element of `size` bytes: returns the list, which may have moved, or
 * NULL, and then it is as it was.
 */
void *acl_grow(void *list, size_t len, size_t *room, size_t size);

/* IPv4 addresses in host byte order, the last included. */
struct range4 {
	__u32 first, last;
};

/* Any number of ranges; starts as all zeros, ends with ranges4_free(). */
struct ranges4 {
	struct range4 *list;
	size_t len, room;
};

/* Append a range, first <= last, or a prefix of 0 to 32 bits. Returns 0 or -ENOMEM. */
int ranges4_add(struct ranges4 *ranges, __u32 first, __u32 last);
int ranges4_add_prefix(struct ranges4 *ranges, __u32 address, unsigned int length);

/*
 * Put them in order, and make one of those that overlap or are neighbours: the one way to write
 * this set of addresses. Returns 0 or -ENOMEM.
 */
int ranges4_sort(struct ranges4 *ranges);

/* Put them in the order of their first addresses, and no more; equal ones stay in theirs. */
int ranges4_sort_by_first(struct ranges4 *ranges);
void ranges4_free(struct ranges4 *ranges);

/* How many addresses they have, if they are sorted. */
__u64 ranges4_count(const struct ranges4 *ranges);

/* The length of the prefix that a range is, or -1. */
int range4_prefix(const struct range4 *range);

/* An IPv6 address as a number. */
struct addr6 {
	__u64 high, low;
};

struct range6 {
	struct addr6 first, last;
};

struct ranges6 {
	struct range6 *list;
	size_t len, room;
};

/* From and to the bytes of an address, in network byte order. */
struct addr6 addr6_read(const __u8 bytes[16]);
void addr6_write(struct addr6 a, __u8 bytes[16]);

/* -1, 0 or 1, as memcmp(). */
int addr6_compare(struct addr6 a, struct addr6 b);
struct addr6 addr6_next(struct addr6 a);     /* of the last address: the first */
struct addr6 addr6_previous(struct addr6 a); /* of the first address: the last */
struct addr6 addr6_mask(unsigned int length);

int ranges6_add(struct ranges6 *ranges, struct addr6 first, struct addr6 last);
int ranges6_add_prefix(struct ranges6 *ranges, struct addr6 address, unsigned int length);

/* As above. With neighbours false, only ranges that overlap are made one. */
int ranges6_sort(struct ranges6 *ranges, bool neighbours);
void ranges6_free(struct ranges6 *ranges);
int range6_prefix(const struct range6 *range);

/*
 * Cut the longest prefix that is there from the front of a range: *length is its length, the range
 * what is left. Returns false if nothing is left.
 */
bool range6_cut(struct range6 *range, struct addr6 *prefix, unsigned int *length);

#endif
