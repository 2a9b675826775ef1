/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a list that is in force has, and the one that is to take its place has not. */
#ifndef PINNING_REUSE_LACKS_H
#define PINNING_REUSE_LACKS_H

#include <linux/types.h>
#include "pinning/migrate.h"

/*
 * How many entries of the map from_fd are not in the map to_fd, or have another value there; of one
 * that holds other maps, slots. to_fd -1: there is no such map, and all of them count. Reports its
 * failures. Returns 0 or a negative errno.
 */
int reuse_count_lacking(int from_fd, int to_fd, enum migrate_class class, __u64 *lacking);

#endif
