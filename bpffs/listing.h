/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What is in a directory, read at once, so that it may change while one goes through it. */
#ifndef BPFFS_LISTING_H
#define BPFFS_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct listed {
	char *name;
	mode_t type; /* S_IFREG and the like */
};

/* Sorted by name, without "." and "..". */
struct listing {
	struct listed *list;
	size_t len;
};

/*
 * List an open directory from its beginning; its descriptor, not one of O_PATH, is left at the end.
 * Returns 0 or a negative errno. Silent. listing_free() releases it, after a failure too.
 */
int listing_read(struct listing *listing, int dir_fd);
void listing_free(struct listing *listing);

/* What has that name, or NULL. */
const struct listed *listing_find(const struct listing *listing, const char *name);

#endif
