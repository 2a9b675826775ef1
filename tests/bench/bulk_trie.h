/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one would use instead of acl: an LPM trie that bpftool fills with the same prefixes. */
#ifndef BENCH_BULK_TRIE_H
#define BENCH_BULK_TRIE_H

#include <linux/types.h>

/* Write what bpftool reads. Returns 0 or a negative errno, reported. */
int bulk_trie_prepare(__u32 count);
void bulk_trie_release(void);

/* An empty trie; all prefixes put into it; a thousand of them looked up. As for the others. */
int bulk_trie_make(void);
int bulk_trie_fill(int map_fd);
int bulk_trie_check(void);

#endif
