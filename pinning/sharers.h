/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which other interfaces have a map as well. */
#ifndef PINNING_SHARERS_H
#define PINNING_SHARERS_H

#include <linux/types.h>
#include <stddef.h>
#include "bpffs/owners.h"

/*
 * Write "d1, d2 and 3 more": the interfaces in whose directories a map is pinned, by a scan with
 * owners_scan_with_interfaces(). Returns their number.
 */
unsigned int sharers_name(const struct owners *owners, __u32 map_id, char *text, size_t size);

#endif
