/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which other interfaces have a map as well. */
#ifndef PINNING_SHARERS_H
#define PINNING_SHARERS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "bpffs/owners.h"

/*
 * Write "d1, d2 and 3 more": the interfaces in whose directories a map is pinned, by a scan with
 * owners_scan_with_interfaces(). One that has it as an old map alone, beside another one of the
 * name, does not go on with it, unless a program that was loaded with it is pinned there, and runs
 * on that interface or was prepared for it: of what others took off the hook the pin alone is left.
 * Who else runs one is not looked for (elsewhere.h). Returns their number.
 */
unsigned int sharers_name(const struct owners *owners, __u32 map_id, char *text, size_t size);

/*
 * The same without those whose interface is gone: nobody counts there any more. Their lists may be
 * inherited.
 */
unsigned int sharers_name_present(const struct owners *owners, __u32 map_id, char *text,
                                  size_t size);

/* Somebody has it as an old map. */
bool sharers_left(const struct owners *owners, __u32 map_id);

/*
 * Call visit(relative, arg) with the path of each directory below the root that has it as an old
 * map, until it returns anything but 0, which is then returned.
 */
int sharers_each_left(const struct owners *owners, __u32 map_id,
                      int (*visit)(const char *relative, void *arg), void *arg);

#endif
