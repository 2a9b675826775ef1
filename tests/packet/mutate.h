/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames that nobody thought of: mutations, the same ones in each run of one seed. */
#ifndef TESTS_PACKET_MUTATE_H
#define TESTS_PACKET_MUTATE_H

#include "tests/packet/frame.h"

/* Begin with a seed, and print it: the environment's SEED, if there is one, or else this one. */
void mutate_begin(__u64 seed);

/* A number below the limit. */
__u32 mutate_number(__u32 limit);

/*
 * Change a few bits, bytes or 16-bit words, mostly of the headers, cut the frame or make it longer.
 * It keeps at least 14 bytes. One in four gets right checksums afterwards.
 */
void mutate_frame(struct frame *f);

#endif
