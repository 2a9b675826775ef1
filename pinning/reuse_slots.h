/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a pinned map of maps has inside what the object puts there. */
#ifndef PINNING_REUSE_SLOTS_H
#define PINNING_REUSE_SLOTS_H

#include "pinning/reuse.h"
#include "pinning/shape.h"

/*
 * A pinned map of maps is used on as it is: libbpf fills only maps that it makes. Where a slot of
 * it is not what the object says, that is a difference with MISMATCH_FRESH, and is said else:
 * whoever runs the program may have filled it so. Reports its failures. Returns 0 or a negative
 * errno.
 */
int reuse_compare_slots(const struct object *object, const struct bpf_map *map,
                        const struct directory *dir, int pin_fd, const struct bpf_map_info *info,
                        const struct reuse_options *how, struct shape_diffs *diffs);

#endif
