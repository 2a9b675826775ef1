/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an ELF object puts into the slots of its maps of maps: `.values = { [0] = &inner }`. libbpf
 * fills a map that it makes, and tells nobody.
 */
#ifndef PINNING_SLOTS_H
#define PINNING_SLOTS_H

#include <bpf/libbpf.h>
#include <linux/types.h>
#include <stddef.h>

struct slot {
	__u32 key;
	char *map; /* the name of the map inside */
};

struct slots {
	struct slot *list; /* in the order of the file */
	size_t len;
};

/*
 * The slots of one map of the object that was opened from that file; none if the map is of the old
 * dialect. Silent. Returns 0 or a negative errno; slots_free() must follow in any case.
 */
int slots_read(struct slots *slots, const char *path, const struct bpf_object *obj,
               const char *map);
void slots_free(struct slots *slots);

#endif
