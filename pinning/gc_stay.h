/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directories that stay. What is pinned in one of them as well is not lost with the directory
 * of an interface that is gone: that is only one more reference, as several interfaces have that
 * share a program and its maps.
 */
#ifndef PINNING_GC_STAY_H
#define PINNING_GC_STAY_H

#include <linux/types.h>
#include <stdbool.h>
#include "bpffs/directory.h"

struct gc;

/* Its pins are read when they are first asked for. Returns 0 or -ENOMEM, reported. */
int gc_stay_add(struct gc *gc, const struct directory *dir);
void gc_stay_free(struct gc *gc);

/* A directory that stays has it pinned. One that cannot be read has nothing. */
bool gc_stay_has_prog(struct gc *gc, __u32 prog_id);
bool gc_stay_has_map(struct gc *gc, __u32 map_id);

/*
 * A directory that stays has the map pinned, and its record names the program: that need not be
 * pinned there, such as one that a program array holds.
 */
bool gc_stay_names(struct gc *gc, __u32 prog_id, __u32 map_id);

/*
 * The program runs somewhere, and each interface that it runs on has a directory of its own that
 * stays.
 */
bool gc_stay_runs(struct gc *gc, __u32 prog_id);

#endif
