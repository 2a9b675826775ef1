/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was set on an interface that is not there any more is in the directory that it left. */
#ifndef SCRIPTS_REDIRECT_GONE_H
#define SCRIPTS_REDIRECT_GONE_H

#include <stdbool.h>
#include "bpffs/interface.h"
#include "bpffs/moved.h"

struct redirect_gone {
	struct interface was;     /* as the record of the directory has it */
	bool lives;               /* it is not gone: */
	struct interface now;     /* what it is now, */
	char netns[NAME_MAX + 1]; /* and where, as --netns names it; "": here */
};

/*
 * Find the directory with maps of redirect that an interface left in this network namespace: by its
 * name, or by its number if the name is NULL. Returns 0; -ENOENT, silent, if there is none; or
 * another negative errno, reported: -EPERM if it may be in a namespace that cannot be entered.
 */
int redirect_gone_find(struct redirect_gone *gone, const char *name, __u32 ifindex);

/* Say where it lives, and what takes its directory there and switches it off. */
void redirect_gone_hint(const struct redirect_gone *gone);

#endif
