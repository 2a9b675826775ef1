/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a program of the kernel was made of one in an object: by its instructions, or by the
 * maps that it uses, in order. What a name for a map without one rests on (nameless.h).
 */
#ifndef PINNING_NAMELESS_SOURCE_H
#define PINNING_NAMELESS_SOURCE_H

#include <bpf/libbpf.h>
#include <limits.h>
#include <stdbool.h>
#include "pinning/nameless_tag.h"
#include "pinning/uses.h"

/* One object: what it defines, and in which order its programs use it. */
struct nameless_source {
	char path[PATH_MAX];
	struct bpf_object *obj;
	struct uses uses;
	struct nameless_tags tags;
};

/* The kernel lets a program use this many maps (MAX_USED_MAPS). */
#define NAMELESS_MAPS 64

/* A program of the kernel: what its maps are, in order of use, and what it was made of. */
struct nameless_running {
	__u32 id, type;
	__u8 tag[BPF_TAG_SIZE];
	struct bpf_map_info maps[NAMELESS_MAPS];
	__u32 len;
};

/* By what a program of the object is taken for that of the kernel. */
enum nameless_by {
	NAMELESS_BY_TAG,   /* its instructions */
	NAMELESS_BY_SHAPE, /* its maps alone */
};

/*
 * Read the object at source->path, which may be in either dialect. Returns 0, or a negative errno,
 * reported; nameless_source_close() releases it in any case, and makes it all zero.
 */
int nameless_source_open(struct nameless_source *source);
void nameless_source_close(struct nameless_source *source);

/*
 * Ask the kernel for the maps of a program, in order of use, without those of its global
 * variables. Silent. Returns 0, or a negative errno: opening by id takes CAP_SYS_ADMIN.
 */
int nameless_query(__u32 prog_id, struct nameless_running *prog);

/* The program of the kernel is taken for the one at that place of source->uses. */
bool nameless_source_has(struct nameless_source *source, size_t at,
                         const struct nameless_running *running, enum nameless_by by);

/* The tags of all that fit are known, and none is that of the program. */
bool nameless_source_lacks(struct nameless_source *source, const struct nameless_running *running);

#endif
