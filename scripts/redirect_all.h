/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All interfaces of a network namespace that can redirect. */
#ifndef SCRIPTS_REDIRECT_ALL_H
#define SCRIPTS_REDIRECT_ALL_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* In the order of their numbers; some of these interfaces may be gone by now. */
struct redirect_all {
	__u32 *ifindexes;
	size_t len;
	bool denied; /* there may be more: this run may not look into all directories */
};

/*
 * Find those of this network namespace whose directory has the maps. redirect_all_free() releases
 * them, also after a failure. Reported, and so is what is denied. Returns 0 or a negative errno.
 */
int redirect_all_find(struct redirect_all *all);
void redirect_all_free(struct redirect_all *all);

#endif
