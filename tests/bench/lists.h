/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block lists to measure with, the same in each run, and keys that hit, nearly hit and miss them.
 */
#ifndef BENCH_LISTS_H
#define BENCH_LISTS_H

#include <linux/types.h>
#include <stdbool.h>
#include "tests/bench/frame.h"

/* Addresses of both families stand at the top of the number: the first byte is the highest. */
typedef unsigned __int128 address_t;

struct prefix {
	address_t address;
	__u8 len;
};

/*
 * Prefixes of mixed lengths, and as many single addresses, for what cannot do prefixes. Each list
 * has no entry twice; the prefixes may overlap, as published lists do.
 */
struct lists {
	bool v6;
	__u32 count;
	struct prefix *prefixes;  /* in an order without sense */
	struct prefix *addresses; /* all of full length */
};

/* What a key has to do with a list. */
enum key_kind {
	KEY_MISS, /* any address that is not in it */
	KEY_NEAR, /* an entry with its last bit inverted, if that is not in it */
	KEY_HIT,  /* any address of an entry */
	KEY_KINDS,
};

const char *key_kind_name(enum key_kind kind);

/* Returns 0 or -ENOMEM, reported. lists_free() must follow in any case. */
int lists_make(struct lists *lists, bool v6, __u32 count);
void lists_free(struct lists *lists);

/*
 * How many ranges of addresses the prefixes of a list cover, where what overlaps or touches is one.
 * Returns 0 or -ENOMEM, reported.
 */
int lists_ranges(const struct lists *lists, __u32 *ranges);

/* What a reader must know of the prefixes: a note for a table. */
const char *lists_note(bool v6);

/* count keys for one of the two lists, a power of two. Returns 0 or a negative errno, reported. */
int lists_keys(const struct lists *lists, bool addresses, enum key_kind kind, __u32 count,
               struct keys *keys);

/* The first bytes of an address, as packets have them: 4 or 16. */
void address_bytes(address_t address, bool v6, void *bytes);

#endif
