/* SPDX-License-Identifier: GPL-2.0-only */
/* A word of a set. */
#ifndef ACL_WORD_BPF_H
#define ACL_WORD_BPF_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>

/* Tools store words while programs read them. */
static __always_inline __u64 acl_load(const __u64 *word)
{
	return *(const volatile __u64 *)word;
}

#endif
