/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of which definition the maps inside a map of maps have to be. */
#ifndef PINNING_SHAPE_INNER_H
#define PINNING_SHAPE_INNER_H

#include "pinning/shape.h"

/*
 * Compare what the object says of the maps inside `map` with what the pinned one takes. The kernel
 * does not tell: if there is one in it, that is looked at, by its id, which takes CAP_SYS_ADMIN.
 * Else the verifier tells the sizes of key and value, but not the type. Sets inner_skipped where
 * neither tells anything. Returns 0 or a negative errno.
 */
int shape_compare_inner(const struct bpf_object *obj, const struct bpf_map *map, int pin_fd,
                        const struct bpf_map_info *pinned, struct shape_diffs *diffs);

/* The sizes of key and value of the maps inside, as the verifier has them. 0 or -ENODATA. */
int shape_probe_inner(int outer_fd, __u32 outer_key_size, __u32 *key_size, __u32 *value_size);

#endif
