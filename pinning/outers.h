/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps that are in slots of maps of maps. A program goes on with such a one as long as it is there,
 * and the kernel does not count it among those that the program uses.
 */
#ifndef PINNING_OUTERS_H
#define PINNING_OUTERS_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include "bpffs/live.h"

struct outer {
	__u32 id;
	char name[BPF_OBJ_NAME_LEN];
	__u32 *inside; /* ids */
	size_t len;
};

struct outers {
	struct outer *list;
	size_t len;
	__u32 *seen; /* ids of all maps that were looked at */
	size_t seen_len;
};

/* Whether an open map of maps has the map in a slot: 1, 0, or a negative errno. */
int outer_has(int outer_fd, const struct bpf_map_info *outer, __u32 map_id);

/* The same for one that is not open; it takes CAP_SYS_ADMIN. */
int outer_id_has(__u32 outer_id, __u32 map_id);

/* A program names the map, or finds it in a slot of one that it names. */
bool outer_live_uses(const struct live *live, __u32 map_id);

/*
 * Put one map where another is, in each slot of an open map of maps. Returns the number of slots,
 * or a negative errno: -EINVAL if the new one is not such as the slots take. Silent.
 */
int outer_exchange(int outer_fd, const struct bpf_map_info *outer, __u32 old_id, int new_fd);

/*
 * Read those of these maps that are maps of maps, each once. The first time *outers is all zeroes.
 * Returns 0, -EPERM without CAP_SYS_ADMIN, or another negative errno; silent. outers_free()
 * releases them, also after a failure.
 */
int outers_add(struct outers *outers, const __u32 *maps, size_t len);
void outers_free(struct outers *outers);

/* The first of these maps that has the map inside, or NULL. */
const struct outer *outers_find(const struct outers *outers, const __u32 *maps, size_t len,
                                __u32 map_id);

#endif
