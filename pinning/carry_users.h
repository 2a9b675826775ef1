/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who else counts on a map, so that its content may not be taken away. */
#ifndef PINNING_CARRY_USERS_H
#define PINNING_CARRY_USERS_H

#include <stdbool.h>
#include "bpffs/live.h"
#include "bpffs/owners.h"

#define CARRY_WHO_SIZE 128

/*
 * Another interface, or somebody whom we do not know, keeps the map pinned; or iproute2 does, for
 * all interfaces, and a program that is attached to another one uses it. Then who says it.
 * owners: with the interfaces' directories, without the present one's; live: what runs on this one.
 */
bool carry_find_users(const struct owners *owners, const struct live *live, __u32 map_id,
                      char who[CARRY_WHO_SIZE]);

#endif
