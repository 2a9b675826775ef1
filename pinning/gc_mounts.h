/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of a BPF filesystem that are mounted somewhere else, such as in a container. */
#ifndef PINNING_GC_MOUNTS_H
#define PINNING_GC_MOUNTS_H

#include <stddef.h>
#include <sys/types.h>

struct gc_mount {
	char *root; /* the part of the BPF filesystem that is mounted there */
	char *point;
};

struct gc_mounts {
	struct gc_mount *list;
	size_t len;
};

/* Look at the mounts of every process that can be seen. Returns 0 or -ENOMEM. */
int gc_mounts_find(struct gc_mounts *mounts, dev_t dev);
void gc_mounts_free(struct gc_mounts *mounts);

/* Where the directory, a path relative to the root, or a part of it is mounted; NULL: nowhere. */
const char *gc_mounts_of(const struct gc_mounts *mounts, const char *relative);

#endif
