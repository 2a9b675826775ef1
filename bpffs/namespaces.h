/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The network namespaces that can be found: named ones, and those of running processes. */
#ifndef BPFFS_NAMESPACES_H
#define BPFFS_NAMESPACES_H

#include "bpffs/netns.h"

struct namespace
{
	struct netns_id id;
	int fd;
	char *path; /* that it was found by */
};

struct namespaces {
	struct namespace *list;
	size_t len;
	bool partial; /* some could not be entered: CAP_SYS_ADMIN is missing */
};

/* Returns 0 or -ENOMEM. What cannot be opened or entered is left out. */
int namespaces_find(struct namespaces *all);

void namespaces_free(struct namespaces *all);

/*
 * Add those that no process is in and that have no name, but that a thread is in, that a process
 * has open, or that are mounted elsewhere, in any namespace of mounts. It reads every descriptor of
 * every process. One that only a socket holds, or a descriptor on its way through one, is not
 * found. Returns 0 or -ENOMEM.
 */
int namespaces_add_held(struct namespaces *all);

/* By its id, or by the name of its directory below ns/. NULL: it was not found. */
const struct namespace *namespaces_get(const struct namespaces *all, const struct netns_id *id);
const struct namespace *namespaces_named(const struct namespaces *all, const char *component);

/* As --netns names it: a name of ip-netns(8), a pid, a path, or "" for the present one. */
void namespace_spec(const struct namespace *netns, char *out, size_t size);

#endif
