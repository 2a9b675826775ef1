/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose program is on a hook. Ours: what we loaded (its program or link is pinned in the
 * interface's directory), and what pin_maps adopted while it was attached by netlink or clsact and
 * pinned nowhere else. All else is foreign: named, and left alone; so are dispatchers of libxdp.
 */
#ifndef PINNING_OWNERSHIP_H
#define PINNING_OWNERSHIP_H

#include <stdbool.h>
#include "bpffs/directory.h"
#include "bpffs/owners.h"
#include "bpffs/query.h"
#include "pinning/ownership_pins.h"

struct ownership {
	bool ours;
	bool loaded;          /* ours, and not only adopted: its program or link is pinned here */
	bool unfinished;      /* and by a run that did not publish its pins yet */
	bool dispatcher;      /* of libxdp, with programs behind it */
	char file[NAME_SIZE]; /* below %progs/<hook>/, if the program is pinned here; else "" */
	char why[PATH_MAX + 64]; /* for the user: "loaded by us", "pinned at ...", ... */
};

/*
 * Decide about one attachment. dir: the interface's directory, or NULL if it has none; owners:
 * the pins outside it; links_find() has been called on the attachments.
 */
void ownership_of(const struct attachment *at, const struct directory *dir,
                  const struct owners *owners, struct ownership_unseen *unseen,
                  struct ownership *verdict);

/* Not ours only for want of adoption: nobody else is known to have it. */
bool ownership_is_unadopted(const struct ownership *verdict);

#endif
