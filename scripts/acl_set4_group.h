/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A group of a set: the 8,192 addresses of a /19, unpacked from and packed into a top word. */
#ifndef SCRIPTS_ACL_SET4_GROUP_H
#define SCRIPTS_ACL_SET4_GROUP_H

#include "scripts/acl_set4.h"

#define GROUP_ADDRESSES 8192
#define GROUP_SHIFT     13
#define GROUP_BLOCKS    32 /* /24s */
#define GROUP_WORDS     (GROUP_BLOCKS * ACL_SET4_BITMAP_WORDS)

/* The top word of a group that is in the set with all of its addresses. */
#define GROUP_ALL ((__u64)ACL_SET4_FULL << 32 | 0xffffffffU)

struct group4 {
	__u64 words[GROUP_WORDS]; /* a bit for each address */
};

/* Unpack the group of this top word, whose bitmaps are among words. */
void group4_read(struct group4 *group, const __u64 *words, __u64 top);

/* Edit the addresses first to last, 0 to 8191. */
void group4_edit(struct group4 *group, unsigned int first, unsigned int last, enum set_edit edit);

/* A bit for each /24 that has anything; *full: each of these is there with all its addresses. */
__u32 group4_mask(const struct group4 *group, bool *full);

unsigned int group4_count(const struct group4 *group);

/* The same of a group that need not be unpacked. */
unsigned int group4_count_packed(const __u64 *words, __u64 top);

/* The entry of a /24 from its bits. Returns false if it needs a bitmap. */
bool block4_pack(const __u64 *bits, __u32 *entry);

/* The entry of a /24 whose bit is set in the top word; and the bitmap of an entry, NULL for none.
 */
__u32 group4_entry(const __u64 *words, __u64 top, unsigned int block);
const __u64 *group4_bitmap(const __u64 *words, __u64 top, __u32 entry);

/*
 * How many words the entries and bitmaps of the /24s in mask take, and writing them from base on,
 * where nothing has been yet.
 */
size_t group4_size(const struct group4 *group, __u32 mask);
void group4_write(const struct group4 *group, __u32 mask, __u64 *words, __u32 base);

static inline __u64 group4_top(__u32 base, __u32 mask)
{
	return mask ? (__u64)base << 32 | mask : 0;
}

#endif
