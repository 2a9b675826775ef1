/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the programs that run on an interface use the maps that are pinned, or pins are stale. */
#ifndef SCRIPTS_MAP_USE_H
#define SCRIPTS_MAP_USE_H

#include "bpffs/live.h"
#include "bpffs/record.h"

/* What is known of a map on one hook. */
enum map_use {
	MAP_USE_UNKNOWN,   /* not to be told without privilege, or behind a dispatcher */
	MAP_USE_RUNS,      /* a program that runs on the hook uses the map */
	MAP_USE_OTHERWISE, /* programs run on the hook, but none uses the map */
	MAP_USE_NOTHING,   /* no program runs on the hook */
};

/* What runs on an interface, and which maps it uses. */
struct map_users {
	struct attachments attached;
	struct prog_maps *maps; /* of each attached program; asked for when need be */
	bool looked;            /* live was asked for */
	bool by_id;             /* the kernel said which maps the programs use: the whole truth */
	struct live live;       /* what is behind the attachments, if that was asked for */
};

/*
 * Ask what is attached to an interface. Returns 0 or a negative errno, reported. map_users_free()
 * may always follow.
 */
int map_users_query(struct map_users *users, const struct interface *iface);
void map_users_free(struct map_users *users);

/* The id of a program that is attached to the hook and uses the map itself; 0 if none is seen. */
__u32 map_users_attached(struct map_users *users, enum hook hook, __u32 map_id);

/*
 * What is known of a map on a hook. record is that of the directory in which it is pinned, or NULL.
 * *prog_id gets the id of a program that uses it, or 0 if which one is not known.
 */
enum map_use map_users_find(struct map_users *users, enum hook hook, __u32 map_id,
                            const struct record *record, __u32 *prog_id);

#endif
