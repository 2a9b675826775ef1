/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Where the interface of a directory lives on that is not where its record says: in another
 * network namespace, or under another number.
 */
#ifndef BPFFS_MOVED_H
#define BPFFS_MOVED_H

#include <limits.h>
#include <stdbool.h>
#include "bpffs/directory.h"
#include "bpffs/stage.h"

struct moved {
	struct interface now;
	char netns[NAME_MAX + 1]; /* as --netns names it; "": the present one */
	enum hook linked;         /* with -EBUSY: its link lives */
	/*
	 * With -ENOENT: an interface of another address that works with what was published, and has
	 * no directory of its own; ifindex 0 if there is none.
	 */
	struct interface user;
	char user_netns[NAME_MAX + 1];
	bool partial; /* not all network namespaces could be entered */
};

/*
 * Look in all network namespaces that can be found, but not at `claimant`. Where a link of the
 * directory holds a program on an interface, it is that one. Else it has the address of the record,
 * works with a program or a map that was published for it, and has no directory of its own.
 * Returns 0, -ENOENT if it is gone, -EBUSY if a link of the directory holds a program on an
 * interface that is not found, or another negative errno. Silent.
 */
int moved_find(struct moved *moved, const struct bpffs *fs, const struct directory *dir,
               const struct interface *claimant);

/*
 * Let the directory follow to where the interface is now, under its name there; this is said, and
 * dir closed. stage: of the caller; NULL: a dry run. Returns 0, -EBUSY if another directory is in
 * that place, or another negative errno; reported.
 */
int moved_send_after(const struct moved *moved, struct directory *dir, const struct bpffs *fs,
                     const struct stage *stage);

/* Say what -EBUSY of moved_find() means, or its user. Returns -EBUSY. */
int moved_refuse_linked(const struct moved *moved, const struct directory *dir);
int moved_refuse_used(const struct moved *moved, const struct directory *dir);

#endif
