/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What is in use behind an interface's attachments as far as its own directory tells, for those to
 * whom the kernel does not say it: without CAP_SYS_ADMIN nothing is opened by its id.
 */
#ifndef BPFFS_RECALL_H
#define BPFFS_RECALL_H

#include "bpffs/directory.h"
#include "bpffs/live.h"

struct recalled {
	bool progs;        /* one of the programs could not be opened: it may use other maps too */
	unsigned int maps; /* so many maps are used that have no pin in the directory */
};

/*
 * As live_query(). A program that is pinned in the directory is opened there, and of the maps that
 * it uses those are known that have a pin there, under any name. Of a hook with other programs
 * those of its maps are known that the record has, unless a program of that record which is among
 * `all` that is attached is not among `attached`: then nobody can tell whose they are. For the
 * writer of the directory, who holds its lock. Reports its failures. Returns 0 or a negative errno.
 * live_free() releases it.
 */
int live_recall(struct live *live, struct recalled *lacks, const struct attachments *attached,
                const struct attachments *all, const struct directory *dir);

#endif
