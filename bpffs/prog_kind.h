/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The kind of programs in a program array, beside their type: the kernel takes only one, and tells
 * nobody which it is. It is found out by loading programs that do nothing.
 */
#ifndef BPFFS_PROG_KIND_H
#define BPFFS_PROG_KIND_H

#include <linux/bpf.h>
#include <stdbool.h>

struct prog_kind {
	__u32 attach_type; /* the expected one: BPF_XDP, or 0 */
	bool frags;        /* it takes packets of several buffers */
};

/*
 * Load a program that does nothing, of that type and expected attach type and with those flags of
 * BPF_PROG_LOAD, with the map in its first instruction unless map_fd is -1; this binds a map that
 * was used by none. Returns 0 or a negative errno of bpf(2).
 */
int prog_kind_try(enum bpf_prog_type type, __u32 attach_type, __u32 flags, int map_fd);

/*
 * The kind that an XDP program array which a program uses is bound to. Returns 0, or -ENOENT where
 * it cannot be told: no privilege to load, or a kernel that does not bind in this way.
 */
int prog_kind_of_array(int map_fd, struct prog_kind *kind);

/* The same of a loaded XDP program. */
int prog_kind_of(int prog_fd, struct prog_kind *kind);

#endif
