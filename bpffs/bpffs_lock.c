// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* One writer at a time, and none between the steps of a filter that tc puts on. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include "bpffs/bpffs.h"
#include "bpffs/bpffs_internal.h"
#include "bpffs/known.h"
#include "bpffs/lock.h"
#include "bpffs/log.h"

static void say_filter(int holder)
{
	note("waiting for process %d, which has not ended its filter of tc", holder);
}

/*
 * Take the lock while it is nobody's turn. Who has the turn needs the lock in it, and is not to
 * wait for a writer that waits for the turn: never for one of the two while holding the other.
 */
static int lock_between_turns(const struct bpffs *fs, const char *path)
{
	int err;

	while (!(err = lock_wait(fs->lock_fd, path))) {
		if (lock_try(fs->ours_fd) != -EWOULDBLOCK)
			return 0;
		flock(fs->lock_fd, LOCK_UN);
		/* Whoever has it may have been stopped. */
		if (lock_wait_moment(fs->ours_fd, say_filter))
			return lock_wait(fs->lock_fd, path);
		if (!lock_try(fs->lock_fd))
			return 0;
		flock(fs->ours_fd, LOCK_UN);
	}
	return err;
}

/*
 * What the plugin of tc has prepared has nothing but its pin until it is attached, and its turn is
 * a lock on %ifbpf. Its own tools run within that.
 */
int bpffs_lock(struct bpffs *fs)
{
	char path[PATH_MAX + 16];
	int err;

	snprintf(path, sizeof(path), "%s/%s/lock", fs->path, OURS);
	if (getenv(LOCK_TURN_TAKEN) || fs->ours_fd < 0)
		return lock_wait(fs->lock_fd, path);
	err = lock_between_turns(fs, path);
	flock(fs->ours_fd, LOCK_UN);
	return err;
}

void bpffs_unlock(struct bpffs *fs)
{
	known_forget(fs->known);
	flock(fs->lock_fd, LOCK_UN);
}
