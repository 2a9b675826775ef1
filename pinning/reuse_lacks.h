/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a list that is in force has, and the one that is to take its place has not. */
#ifndef PINNING_REUSE_LACKS_H
#define PINNING_REUSE_LACKS_H

#include <linux/types.h>
#include "pinning/migrate.h"
#include "pinning/object.h"

/*
 * How many entries of the map from_fd are not in the map to_fd, or have another value there; of one
 * that holds other maps, slots. to_fd -1: there is no such map, and all of them count. Reports its
 * failures. Returns 0 or a negative errno.
 */
int reuse_count_lacking(int from_fd, int to_fd, enum migrate_class class, __u64 *lacking);

/*
 * A map of the object does not take over what the pinned one, from_fd, has, and the user wants it
 * so: "map 'deny': 2 entries of map 117 are left behind" for a list or settings of which to_fd, or
 * -1, lacks some; else "", also for what cannot be listed. classes: as for carry_plan(). Reports
 * its failures.
 */
void reuse_name_behind(const struct object *object, const struct bpf_map *map, int from_fd,
                       int to_fd, const char *const *classes, char *text, size_t size);

#endif
