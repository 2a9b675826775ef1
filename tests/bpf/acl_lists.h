/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many look-ups in one run of a program: what the test asks, and what the program answers. */
#ifndef TESTS_BPF_ACL_LISTS_H
#define TESTS_BPF_ACL_LISTS_H

#include <linux/types.h>

#define QUESTIONS 8192

struct question {
	__u64 high, low; /* in host byte order; low alone for IPv4 */
	__u32 list;
	__u32 answer;
};

#endif
