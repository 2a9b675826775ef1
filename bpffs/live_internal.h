/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What bpffs/live and bpffs/recall share. */
#ifndef BPFFS_LIVE_INTERNAL_H
#define BPFFS_LIVE_INTERNAL_H

#include "bpffs/live.h"

/* Add a program, unless its hook has it already. Returns 0 or -ENOMEM. */
int live_put_prog(struct live *live, enum hook hook, __u32 id, __u32 via_map, __u32 via_link);

/* Add the programs that a map holds. Returns 0 or a negative errno. */
int live_put_held(struct live *live, enum hook hook, const struct live_map *map);

/* Whether a program of that hook has the map. */
bool live_has_map(const struct live *live, enum hook hook, __u32 map_id);

/*
 * Take a map, whose descriptor is live's from here on, also after a failure, at position `at` of
 * the list. Returns 0 or a negative errno.
 */
int live_put_map(struct live *live, struct live_map *map, size_t at);

#endif
