/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The tag that tests/bpf/tag_beside.bpf.c puts beside a packet. */
#ifndef TAG_BESIDE_H
#define TAG_BESIDE_H

#include <linux/types.h>

struct tag_beside {
	__u16 protocol; /* 0x8100 or 0x88a8 */
	__u16 tci;
};

#define TAG_BESIDE_FAILED 77 /* no action of tc */

#endif
