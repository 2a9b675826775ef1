/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparing the types of a map with those of a pinned one by what was noted of that when it was
 * pinned, for a run that may not read BTF by its id (see bpffs/layouts.h).
 */
#ifndef PINNING_LAYOUT_H
#define PINNING_LAYOUT_H

#include <bpf/libbpf.h>
#include "bpffs/directory.h"
#include "bpffs/stage.h"
#include "pinning/plan.h"
#include "pinning/shape.h"

/*
 * A fingerprint of a key and a value: what shape_compare_btf() takes for the same has the same one.
 * Type ids of 0 stand for none.
 */
__u32 layout_print(const struct btf *btf, __u32 key_type, __u32 value_type);

/* The same of a map whose types an object tells; 0: of these sizes it tells none. */
__u32 layout_print_defined(const struct map_definition *def, const struct bpf_map_info *info);

/*
 * shape_compare() with a pinned map of the directory; where the types may not be read, by what is
 * noted of them, so that diffs->layout tells, and is one of the differences. Silent.
 */
int layout_compare(const struct directory *dir, const struct bpf_object *obj,
                   const struct bpf_map *map, int pin_fd, const struct bpf_map_info *pinned,
                   struct shape_diffs *diffs);

/*
 * Stage what is to be noted of the maps that the plan publishes, and keep what is noted of others
 * that are pinned. obj: that was loaded for this, which knows the types of its new maps, or NULL.
 * Reports its failures. Returns 0 or a negative errno.
 */
int layout_stage(const struct plan *plan, const struct bpf_object *obj, const struct directory *dir,
                 struct stage *stage);

#endif
