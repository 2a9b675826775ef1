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
	bool by_id; /* the kernel said which maps the programs use: the whole truth */
	struct attachments attached;
	struct live live;
};

/*
 * Ask what runs on an interface. Returns 0 or a negative errno, reported. map_users_free() may
 * always follow.
 */
int map_users_query(struct map_users *users, const struct interface *iface);
void map_users_free(struct map_users *users);

/*
 * What is known of a map on a hook. record is that of the directory in which it is pinned, or NULL.
 * *prog_id gets the id of a program that uses it, or 0 if which one is not known.
 */
enum map_use map_users_find(const struct map_users *users, enum hook hook, __u32 map_id,
                            const struct record *record, __u32 *prog_id);

#endif
