/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Stages: whatever a writer changes in an interface's directory is prepared here first, and then
 * moved in by renames only. A run that was killed is finished, or undone, by the next one:
 *
 *   %ifbpf/stage/<ifname>~<pid>/     locked by flock(2) while its writer lives
 *       %record                      what this is: verb, directory
 *       %dir/                        a directory that is still to be made
 *       <map>, %egress/<map>         pins to be moved in
 *       %odd                         record with an odd generation; gone: the exchange began
 *       %meta                        record with the next even generation; gone: it is done
 */
#ifndef BPFFS_STAGE_H
#define BPFFS_STAGE_H

#include "bpffs/directory.h"

struct stage {
	const struct bpffs *fs;
	int fd;
	char name[NAME_SIZE];
};

/*
 * Make a stage, locked. The caller holds bpffs_lock(). verb is noted for whoever finds it.
 * Reports its failures. Returns 0 or a negative errno. stage_end() must follow.
 */
int stage_begin(struct stage *stage, const struct bpffs *fs, const char *ifname, const char *verb);

/*
 * Make a directory of the layout in one step: filled in the stage, then renamed into place.
 * On success dir->fd is open. -EEXIST: somebody else made it meanwhile. Reports its failures.
 */
int stage_make_directory(struct stage *stage, struct directory *dir);

/* Stage a pin of a map; egress: for %egress/ instead of the flat name. Reports its failures. */
int stage_add_map(struct stage *stage, const char *map, bool egress, int map_fd);

/* Have every map that is pinned in the directory dropped first (of an interface that is gone). */
int stage_add_drop_all(struct stage *stage);

/*
 * Move everything into dir, whose own lock is taken for it, and write rec as its record, with the
 * next generation. A pin of another map under the same name stays as <map>%old-<id>.
 * Reports its failures. Returns 0 or a negative errno; after a failure in the middle, the stage
 * stays and the next run finishes it.
 */
int stage_publish(struct stage *stage, struct directory *dir, struct record *rec);

/* Remove what is left of the stage, and unlock it. */
void stage_end(struct stage *stage);

/*
 * Finish or undo the stages of killed runs, and say so. The caller holds bpffs_lock().
 * Returns 0 or a negative errno, reported.
 */
int stage_recover(const struct bpffs *fs);

#endif
