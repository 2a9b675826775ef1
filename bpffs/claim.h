/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Whose directory: taking the directory of an interface in order to write in it. */
#ifndef BPFFS_CLAIM_H
#define BPFFS_CLAIM_H

#include "bpffs/directory.h"
#include "bpffs/query.h"
#include "bpffs/stage.h"

struct claim {
	bool dry_run; /* decide and say, change nothing; dir->fd stays -1 if it is to be made */
	bool whole;   /* a new directory stays in the stage until that is committed: see stage.h */
	bool fresh;   /* drop what an interface that is gone left in the directory */
};

/*
 * Take the directory of an interface; the caller holds bpffs_lock() and has begun a stage (NULL
 * with dry_run). It is made if there is none; without a record it is adopted; after a rename or a
 * move to another network namespace the old one follows; the pins of an interface that is gone
 * are inherited. Whatever of this happens is said.
 * Returns 0, -EBUSY if its record names another living interface, -EPROTONOSUPPORT for a record
 * of another version, or another negative errno; reported.
 */
int claim_directory(struct directory *dir, const struct bpffs *fs, const struct interface *iface,
                    const struct attachments *attached, struct stage *stage,
                    const struct claim *how);

/*
 * For readers, of an interface without a directory: the one that it had in another network
 * namespace, and that follows when it is taken. Silent. Returns 0 with dir open, or -ENOENT.
 */
int claim_find_followed(struct directory *dir, const struct bpffs *fs,
                        const struct interface *iface, const struct attachments *attached);

#endif
