/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A group of a set: the 4,096 addresses of a /20, unpacked from and packed into a top word. */
#ifndef SCRIPTS_ACL_SET4_GROUP_H
#define SCRIPTS_ACL_SET4_GROUP_H

#include "scripts/acl_set4.h"

#define GROUP_ADDRESSES 4096
#define GROUP_BLOCKS    16 /* /24s */
#define GROUP_WORDS     (GROUP_BLOCKS * ACL_SET4_BITMAP_WORDS)

/* The top word of a group that is in the set with all of its addresses. */
#define GROUP_ALL 0xffffULL

struct group4 {
	__u64 words[GROUP_WORDS]; /* a bit for each address */
};

/* Unpack the group of this top word, whose entries and bitmaps are among words. */
void group4_read(struct group4 *group, const __u64 *words, __u64 top);

/* Edit the addresses first to last, 0 to 4095. */
void group4_edit(struct group4 *group, unsigned int first, unsigned int last, enum set_edit edit);

/* A bit for each /24 that is there with all its addresses; and with some of them. */
__u32 group4_full(const struct group4 *group);
__u32 group4_parts(const struct group4 *group);

/* A bit for each /24 that has anything, or may have, of a group that need not be unpacked. */
__u32 group4_blocks(__u64 top);

unsigned int group4_count(const struct group4 *group);

/* The same, of a group that need not be unpacked: see group4_read(). */
unsigned int group4_count_packed(const __u64 *words, __u64 top);

/* Pack a group into its top word alone. Returns false if it has too many ranges for that. */
bool group4_pack(const struct group4 *group, __u64 *top);

/* The entry of a /24 from its bits. Returns false if it needs a bitmap. */
bool block4_pack(const __u64 *bits, __u32 *entry);

/*
 * Of a group that is ACL_TOP4_MORE: where its entries begin, the /24s that have one, the entry of
 * such a /24, and the bitmap of an entry, NULL for none.
 */
__u32 group4_base(__u64 top);
__u32 group4_entries(__u64 top);
__u32 group4_entry(const __u64 *words, __u64 top, unsigned int block);
const __u64 *group4_bitmap(const __u64 *words, __u64 top, __u32 entry);

/*
 * How many words the entries and bitmaps of the /24s in mask take, and writing them from base on,
 * where nothing has been yet.
 */
size_t group4_size(const struct group4 *group, __u32 mask);
void group4_write(const struct group4 *group, __u32 mask, __u64 *words, __u32 base);

/* The top word that leads there. */
__u64 group4_more(__u32 base, __u32 half, __u32 mask, __u32 full);

#endif
