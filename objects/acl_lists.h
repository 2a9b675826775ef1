/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The lists of acl: sets of addresses of any size, in maps that programs read and tools write.
 *
 * A set is an array of rows of 64 bytes, which tools map into their memory. It stands in a slot of
 * acl_sets4 or acl_sets6, that of its list; an empty slot is an empty set. A new set takes the
 * place of the old one in one step, and an edit of one in place is a series of 64-bit stores, after
 * each of which the set is true: nothing that was written is used again for something else.
 */
#ifndef ACL_LISTS_H
#define ACL_LISTS_H

#include <linux/types.h>
#include "acl_verdict.h"

#define ACL_INLINE static inline __attribute__((always_inline))

#define ACL_LISTS_MAP "acl_lists"     /* array [ACL_LIST_SLOTS] of struct acl_list */
#define ACL_LIST_HITS "acl_list_hits" /* per-CPU array [ACL_LISTS] of struct stats_record */
/* Arrays of maps, which are arrays of struct acl_row: [ACL_LIST_SLOTS], of ACL_FRONT4_ROWS, */
#define ACL_FRONTS4 "acl_fronts4"
#define ACL_TOPS4   "acl_tops4" /* [ACL_LIST_SLOTS], of ACL_TOP4_ROWS, */
#define ACL_SETS4   "acl_sets4" /* [2 * ACL_LIST_SLOTS], of any length, */
#define ACL_SETS6   "acl_sets6" /* [ACL_LIST_SLOTS], of any length */

#define ACL_LISTS 16

/*
 * Each list has two slots, of which ACL_FLAG_LISTS_BANK in acl_settings says which is in force, for
 * all lists alike: so that several, and the rules, can be exchanged at once. The other is empty but
 * for such a moment. acl_list_hits has one counter for each list.
 */
#define ACL_LIST_SLOTS 32

ACL_INLINE __u32 acl_list_slot(__u32 number, __u32 bank)
{
	return bank * ACL_LISTS + number;
}

#define ACL_LIST_NAME 56

struct acl_list {
	__u8 verdict; /* enum acl_verdict; ACL_NONE: there is no such list */
	__u8 sides;   /* ACL_SIDE_*: which address of a packet is looked for */
	__u8 pad[6];
	char name[ACL_LIST_NAME]; /* ends with a zero */
};

#define ACL_ROW_WORDS 8

struct acl_row {
	__u64 words[ACL_ROW_WORDS];
};

/*
 * IPv4. One top word for each /20, a group of 16 /24s. Its lowest 16 bits say which of them are in
 * the set with all of their addresses. What else there is of the group are up to two ranges in the
 * word itself, or it is ACL_TOP4_MORE and the rest is in the map in acl_sets4. So nearly all that
 * packets are looked up in is one cache line, in a map of one size, in which the kernel inlines
 * look-ups; and an edit of a group is one store.
 */
#define ACL_TOP4_GROUPS 1048576
#define ACL_TOP4_SHIFT  12 /* of an address, to the number of its group */
#define ACL_TOP4_MORE   (1ULL << 63)

/* A range is its first address in the group, and above it how many; none: there is no range. */
#define ACL_TOP4_RANGE_A    16
#define ACL_TOP4_RANGE_B    37
#define ACL_TOP4_FIRST_BITS 12
#define ACL_TOP4_COUNT_BITS 9

/*
 * If it is ACL_TOP4_MORE: which /24s have an entry of 16 bits, in which of the two maps that a slot
 * has in acl_sets4, and from which word of it on: four to a word from the lowest, in the order of
 * the /24s, and behind these words the bitmaps that entries lead to.
 */
#define ACL_TOP4_ENTRIES 16 /* bits from here on */
#define ACL_TOP4_BASE    32
#define ACL_TOP4_HALF    62
#define ACL_SET4_ENTRIES 4 /* in a word */

/*
 * The two maps take turns: a new set has its entries in the one that is not in use, and then its
 * top words take the place of the old ones.
 */
ACL_INLINE __u32 acl_set4_slot(__u32 slot, __u32 half)
{
	return 2 * slot + half;
}

/*
 * An entry is a range of the addresses of its /24, the first in the low byte and the last in the
 * high one. If the first is behind the last it is ACL_SET4_NOTHING, or has ACL_SET4_BITMAP in the
 * low byte and in the high one the number of its bitmap among those of the group.
 */
#define ACL_SET4_NOTHING      0xfeffU
#define ACL_SET4_BITMAP       0xffU
#define ACL_SET4_BITMAP_WORDS 4

/* Behind the top words, a row that only tools look at. */
#define ACL_TOP4_ROWS       (ACL_TOP4_GROUPS / ACL_ROW_WORDS + 1)
#define ACL_TOP4_MAGIC_WORD (ACL_TOP4_GROUPS + 0)
#define ACL_TOP4_SET_WORD   (ACL_TOP4_GROUPS + 1) /* id of the map with entries, or 0 */
#define ACL_TOP4_HALF_WORD  (ACL_TOP4_GROUPS + 2) /* 0 or 1: where that is */
#define ACL_TOP4_MAGIC      0x3474706f74766970ULL

/* And so is the first row of a map with entries. */
#define ACL_SET4_MAGIC_WORD 0
#define ACL_SET4_NEXT_WORD  1 /* the first word that is free */
#define ACL_SET4_FIRST_WORD ACL_ROW_WORDS
#define ACL_SET4_MAGIC      0x3474657334766970ULL

/*
 * What most packets are looked up in: one bit for each /23 that has anything in the set of the
 * slot, or may have. It is small enough to stay in a CPU's cache, and a bit that is 0 is all there
 * is to know. A bit too many costs time, one too few is a wrong verdict: so bits are set before the
 * set is edited, and taken away by another such map only, when the set is in its place. A slot that
 * is empty is as if all bits were set.
 */
#define ACL_FRONT4_SHIFT 9 /* of an address, to the number of its bit */
#define ACL_FRONT4_ROWS  16384

/* The first word of a bitmap, in a group that begins at base and has so many entries. */
ACL_INLINE __u32 acl_set4_bitmap(__u32 base, __u32 entries, __u32 number)
{
	return base + (entries + ACL_SET4_ENTRIES - 1) / ACL_SET4_ENTRIES +
	       number * ACL_SET4_BITMAP_WORDS;
}

/*
 * IPv6. Prefixes in a hash table, each in the set or a hole in a shorter one: the longest that an
 * address has decides. Before the table is looked at for a length, one bit of a Bloom filter is;
 * and before the lengths above each of the levels, one bit that says whether there is any.
 *
 * The key of a prefix is its bits, a one, and zeros: so it tells its length, except of 128. The key
 * of a level has the level as its low word.
 *
 * The words of row 0, and from which on there are others:
 */
#define ACL_SET6_MAGIC_WORD 0
#define ACL_SET6_LONG       1 /* lengths in use: bit 0 is 128, bit 63 is 65 */
#define ACL_SET6_SHORT      2 /* bit 0 is 64, bit 63 is 1 */
#define ACL_SET6_REST       3 /* 1 if addresses without any prefix are in the set: ::/0 */
#define ACL_SET6_SEED       4
#define ACL_SET6_BLOOM      5 /* bits of the filter, whose first row is ACL_SET6_BLOOM_ROW */
#define ACL_SET6_TABLE      6 /* low half: rows of the table; high half: the first */
#define ACL_SET6_ORDER      7 /* for tools: low half: slots in order; high half: their first row */
#define ACL_SET6_COUNTS     8 /* + n: prefixes of length n; for tools */
#define ACL_SET6_UNORDERED  137 /* for tools: 1 if slots may be in use that are not in order */

#define ACL_SET6_MAGIC     0x3274657336766970ULL
#define ACL_SET6_BLOOM_ROW 18

#define ACL_SET6_LEVELS                                                                            \
	{                                                                                          \
		24, 32, 48, 64                                                                     \
	}

/*
 * A row of the table: the keys' high words, their low words, and the states in 16 bits each, from
 * the lowest. A key is in the first of its rows that had room for it.
 */
#define ACL_SET6_SLOTS  3
#define ACL_SET6_PROBES 16 /* so many rows may have a key */
#define ACL_SET6_STATES 6  /* this word of the row */

/* The state of a slot, 0 if it is free. */
#define ACL_SET6_IN    1
#define ACL_SET6_HOLE  2
#define ACL_SET6_GONE  3 /* may come back, but is nothing else's */
#define ACL_SET6_STATE 3 /* mask of the above */
#define ACL_SET6_128   4 /* flag: the length is 128 */

/*
 * Behind the table, for tools only: the numbers of the slots that are in use, or were, in the order
 * of their prefixes, a shorter one before those in it. So what is within a prefix is found without
 * a look at the whole table. A slot's number is ACL_SET6_SLOTS times that of its row in the table,
 * and its place in the row.
 */
#define ACL_SET6_ORDER_ENTRIES 16 /* of 32 bits, in a row */

/* Of a key, in two steps, as the high word is often the same. */
ACL_INLINE __u64 acl_set6_hash_high(__u64 high, __u64 seed)
{
	__u64 h = (high ^ seed) * 0x9e3779b97f4a7c15ULL;

	return h ^ h >> 32;
}

ACL_INLINE __u64 acl_set6_hash(__u64 hashed_high, __u64 low)
{
	__u64 h = (hashed_high ^ low) * 0xd6e8feb86659fd93ULL;

	return h ^ h >> 32;
}

/* What takes the place of the hash for the next row. */
ACL_INLINE __u64 acl_set6_hash_next(__u64 hash)
{
	__u64 h = hash * 0xbf58476d1ce4e5b9ULL;

	return h ^ h >> 32;
}

/* One half chooses the bit of the filter, the other one the row of the table. */
ACL_INLINE __u64 acl_set6_bit(__u64 hash, __u64 bits)
{
	return (hash >> 32) * bits >> 32;
}

ACL_INLINE __u32 acl_set6_row(__u64 hash, __u64 table)
{
	return (table >> 32) + ((hash & 0xffffffff) * (table & 0xffffffff) >> 32);
}

_Static_assert(sizeof(struct acl_list) == 64, "struct acl_list is a pinned format");
_Static_assert(sizeof(struct acl_row) == 64, "struct acl_row is a pinned format");

#endif
