/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What the wrapper around a measured program and its user share. */
#ifndef WRAP_H
#define WRAP_H

#include <linux/types.h>

/* Bytes of a frame that are restored, in words of 8. */
#define WRAP_WORDS 16

/* What the wrapper returns if it could not hand a packet on: no action of XDP or tc. */
#define WRAP_FAILED 99

/* Every how many frames the sender looks at the clock. */
#define WRAP_STAMP 1024

/* Set before loading. The checksum base is that of the header without key and checksum, unfolded.
 */
struct wrap_config {
	__u64 frame[WRAP_WORDS];
	__u32 frame_size;
	__u32 frame_words; /* that are restored: all of the frame */
	__u32 key_offset;
	__u32 key_size; /* 4 or 16 */
	__u32 key_mask;
	__u32 sum_offset; /* of the IPv4 header checksum; 0: there is none */
	__u32 sum_base;
	__u32 unused;
};

struct wrap_state {
	__u64 next;    /* key */
	__u64 frames;  /* sent */
	__u64 first;   /* frames up to first_ns */
	__u64 stamped; /* and up to last_ns */
	__u64 first_ns;
	__u64 last_ns;
	__u64 nowhere; /* frames are made, and end where they began; set by its user */
};

#endif
