/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a program of the kernel was made of a program of an object: its tag tells. */
#ifndef PINNING_NAMELESS_TAG_H
#define PINNING_NAMELESS_TAG_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include "pinning/uses.h"

/* The tags of the programs of an object, as far as they were asked for. Begins as zeros. */
struct nameless_tags {
	struct nameless_tag {
		bool tried, known;
		__u8 tag[BPF_TAG_SIZE];
	} * list; /* as uses->list */
};

void nameless_tags_free(struct nameless_tags *tags);

/*
 * The tag of one program of the object at path: the kernel's hash of its instructions without the
 * maps. So it is loaded, with maps of its own that are as small as may be, and gone again. Silent.
 * Returns NULL if that cannot be told: the kernel refuses the program, or may not be asked.
 */
const __u8 *nameless_tag(struct nameless_tags *tags, const char *path, const struct uses *uses,
                         size_t at, __u32 type);

#endif
