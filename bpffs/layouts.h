/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What the keys and values of pinned maps look like, for who may not ask the kernel: reading BTF by
 * its id takes CAP_SYS_ADMIN. %layouts of a directory is a symlink whose text names maps by
 * fingerprints of their types:
 *
 *   v=1;9f3a01bc=117,118;05d2c3e7=130
 *
 * Ids of maps are not given twice, and the types of a map never change: what stands here is right
 * or about a map that is gone.
 */
#ifndef BPFFS_LAYOUTS_H
#define BPFFS_LAYOUTS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "bpffs/record.h"

struct layouts {
	struct layout {
		__u32 map_id, print;
	} * list;
	size_t len;
	char text[RECORD_SIZE]; /* as it was read; "": there was none */
};

/*
 * Read what a directory says. Returns 0, also if it says nothing or what this version cannot read,
 * or a negative errno. Silent. layouts_free() releases it, after a failure too.
 */
int layouts_read(struct layouts *layouts, int dir_fd);
void layouts_free(struct layouts *layouts);

bool layouts_find(const struct layouts *layouts, __u32 map_id, __u32 *print);

/* Note a map, in the place of what was noted of it before. Returns 0 or -ENOMEM. */
int layouts_note(struct layouts *layouts, __u32 map_id, __u32 print);

/* Forget the maps that keep() does not want kept. */
void layouts_keep(struct layouts *layouts, bool (*keep)(__u32 map_id, const void *arg),
                  const void *arg);

/*
 * Write it into a stage, from where it comes into the directory, unless what was read there says
 * the same. What there is no room for, some hundred maps on, is left out. Returns 0 or a negative
 * errno. Silent.
 */
int layouts_stage(struct layouts *layouts, int stage_fd);

#endif
