/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kind of programs that a map is bound to. Program arrays, devmaps and cpumaps take on the kind
 * of the first program that uses them: its type, its expected attach type, and whether it takes
 * packets of several buffers. The kernel refuses programs of another kind with EINVAL, and tells
 * nobody what the kind of a map is.
 */
#ifndef PINNING_KIND_H
#define PINNING_KIND_H

#include <bpf/libbpf.h>
#include <stdbool.h>

/*
 * Whether the kernel refuses this map to the program, which need not be loaded: certain if true.
 * Asks by loading a program that does nothing with it; this binds a map that was used by none.
 */
bool kind_clashes(const struct bpf_program *prog, int map_fd);

/* The flags that it is loaded with: also those that libbpf adds by the section. */
__u32 kind_flags(const struct bpf_program *prog);

/* What tells the program's kind from others of its hook, for messages. */
const char *kind_name(const struct bpf_program *prog);

#endif
