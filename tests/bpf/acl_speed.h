/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the speed of the lists of acl is measured with. */
#ifndef TESTS_BPF_ACL_SPEED_H
#define TESTS_BPF_ACL_SPEED_H

#include <linux/types.h>

#define SPEED_KEYS (1 << 20)

struct speed_key {
	__u64 high, low; /* in host byte order; low alone for IPv4 */
};

struct speed_prefix4 {
	__u32 length;
	__be32 address;
};

struct speed_prefix6 {
	__u32 length;
	__be32 address[4];
};

#endif
