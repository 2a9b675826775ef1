/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A source address of either family, as a key of maps. */
#ifndef SOURCE_H
#define SOURCE_H

#include <linux/types.h>

struct source_key {
	__u32 version;    /* 4 or 6 */
	__u8 address[16]; /* as on the wire; of IPv4 the first four bytes, the others are 0 */
};

_Static_assert(sizeof(struct source_key) == 20, "struct source_key is a pinned format");

#endif
