/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Ethernet addresses as users type them. */
#ifndef BPFFS_MAC_H
#define BPFFS_MAC_H

#include <linux/if_ether.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Read len bytes of text that are an address and nothing else: six groups of one or two hexadecimal
 * digits, with colons between them. Returns whether they are; else mac is left as it was. Silent.
 */
bool mac_parse(const char *text, size_t len, __u8 mac[ETH_ALEN]);

#endif
