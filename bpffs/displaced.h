/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The maps of a directory whose names a stage would give to others, or drop. */
#ifndef BPFFS_DISPLACED_H
#define BPFFS_DISPLACED_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "bpffs/name.h"

struct displaced {
	char file[NAME_SIZE]; /* below the directory, and below the stage */
	__u32 old_id;         /* the map of that name in the directory; 0: none */
	__u32 new_id;         /* the one in the stage; 0: the name is dropped */
	bool closed;  /* what was in the old one went to the new one, and no more may come */
	bool counted; /* the new one was empty, and is so no more: its program has run */
};

struct displaced_maps {
	struct displaced *list;
	size_t len;
};

/*
 * Compare a stage with the directory that it is for; dir_fd -1: there is none. Returns 0 or
 * -ENOMEM, and what cannot be opened is left out; silent. displaced_free() releases the list.
 */
int displaced_find(struct displaced_maps *maps, int stage_fd, int dir_fd);
void displaced_free(struct displaced_maps *maps);

#endif
