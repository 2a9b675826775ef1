/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network namespaces that can be found: named ones, and those of running processes. */
#ifndef PINNING_GC_NETNS_H
#define PINNING_GC_NETNS_H

#include "bpffs/netns.h"

struct gc_netns {
	struct netns_id id;
	int fd;
};

struct gc_namespaces {
	struct gc_netns *list;
	size_t len;
};

/* Returns 0 or -ENOMEM. What cannot be opened or entered is left out. */
int gc_namespaces_find(struct gc_namespaces *all);
void gc_namespaces_free(struct gc_namespaces *all);

/* By its id, or by the name of its directory below ns/. NULL: it was not found. */
const struct gc_netns *gc_namespaces_get(const struct gc_namespaces *all,
                                         const struct netns_id *id);
const struct gc_netns *gc_namespaces_named(const struct gc_namespaces *all, const char *component);

#endif
