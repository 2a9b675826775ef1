/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Which of two programs a killed run left running, where the interface of its record is not found
 * under its number: it may be gone, or in another network namespace.
 */
#ifndef BPFFS_WHEREABOUTS_H
#define BPFFS_WHEREABOUTS_H

#include <stdbool.h>
#include "bpffs/query.h"

struct whereabouts {
	const struct interface *was; /* of the record */
	enum hook hook;
	__u32 old_prog, new_prog; /* 0: none */
	bool old, new;            /* it runs on an interface of that hardware address */
	bool old_any, new_any;    /* on any interface at all */
	bool partial;             /* not all namespaces could be entered */
};

/* Look on each interface of each namespace that can be found. Returns 0 or -ENOMEM. Silent. */
int whereabouts_find(struct whereabouts *w);

#endif
