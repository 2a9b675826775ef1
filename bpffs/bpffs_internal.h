/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What the parts of opening the layout share. */
#ifndef BPFFS_BPFFS_INTERNAL_H
#define BPFFS_BPFFS_INTERNAL_H

#include "bpffs/bpffs.h"

/* The directory of the layout in the root. */
#define OURS "%ifbpf"

/*
 * bpffs_root.c: find the BPF filesystem, or for writing mount one: its path and its descriptor.
 * Reports its failures. Returns 0 or a negative errno.
 */
int bpffs_find_root(struct bpffs *fs, enum bpffs_access access);

/*
 * bpffs_home.c: the home namespace. It is written once, by the first writer, and stays. Reports its
 * failures. Returns 0 or a negative errno.
 */
int bpffs_find_home(struct bpffs *fs, enum bpffs_access access);

/* Say that the namespace of the caller cannot be told. Returns err. */
int bpffs_refuse_namespace(int err);

#endif
