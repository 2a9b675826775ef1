/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Numbers as users type them: decimal digits alone. A sign is none, and neither is a zero in front:
 * ip and tc take 010 for octal, so that it is 8 to one reader and 10 to the other.
 */
#ifndef BPFFS_NUMBER_H
#define BPFFS_NUMBER_H

#include <linux/types.h>
#include <stdbool.h>

/* Read the one that text begins with, up to max. Returns what is behind it, or NULL. Silent. */
const char *number_read(const char *text, __u64 max, __u64 *number);

/* The same for text that is nothing else. Returns whether it is one. Silent. */
bool number_parse(const char *text, __u64 max, __u64 *number);

/* Under the message that text was refused: if it has a zero in front, hint that this is why. */
void number_hint(const char *text);

#endif
