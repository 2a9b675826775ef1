/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second opinion on sets of addresses: ranges in order, searched and edited one by one, without
 * any code of the tools. An address of either family is a number. For cmocka.
 */
#ifndef TESTS_PACKET_REFERENCE_H
#define TESTS_PACKET_REFERENCE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

typedef unsigned __int128 number;

struct span {
	number first, last;
};

/* Begins as all zeros but for max. */
struct reference {
	struct span *spans; /* in order, with something between */
	size_t len;
	number max; /* the last address of the family */
};

void reference_free(struct reference *r);
void reference_copy(struct reference *to, const struct reference *from);

/* All these spans, which are put in order. */
void reference_build(struct reference *r, struct span *spans, size_t len);

/* Add the addresses first to last, or take them away. */
void reference_edit(struct reference *r, number first, number last, bool add);

bool reference_has(const struct reference *r, number address);

/* The longest span about the address that is in the set, or is not. */
struct span reference_around(const struct reference *r, number address);

/* Random numbers that are the same for the same seed. */
extern __u64 reference_seed;
__u64 reference_random(void);
__u64 reference_below(__u64 limit);

/* The seed of this run: IFBPF_SEED, or the same as ever. Printed. */
void reference_choose_seed(void);

#endif
