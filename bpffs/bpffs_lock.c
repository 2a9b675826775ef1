// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* One writer at a time, and none between the steps of a filter that tc puts on. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>
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
 * What the plugin of tc has prepared has nothing but its pin until it is attached, and its turn is
 * a lock on %ifbpf. Its own tools run within that. Returns a descriptor, or -1: there is none to
 * wait for, or nobody can tell.
 */
static int open_turn(const struct bpffs *fs)
{
	if (getenv(LOCK_TURN_TAKEN) || fs->ours_fd < 0)
		return -1;
	return openat(fs->ours_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/*
 * Take the lock while it is nobody's turn. Who has the turn needs the lock in it, and is not to
 * wait for a writer that waits for the turn: never for one of the two while holding the other.
 */
static int lock_between_turns(const struct bpffs *fs, const char *path, int turn)
{
	int err;

	while (!(err = lock_wait(fs->lock_fd, path))) {
		if (lock_try(turn) != -EWOULDBLOCK)
			return 0;
		flock(fs->lock_fd, LOCK_UN);
		/* Whoever has it may have been stopped. */
		if (lock_wait_moment(turn, say_filter))
			return lock_wait(fs->lock_fd, path);
		if (!lock_try(fs->lock_fd))
			return 0;
		flock(turn, LOCK_UN);
	}
	return err;
}

int bpffs_lock(struct bpffs *fs)
{
	char path[PATH_MAX + 16];
	int turn = open_turn(fs), err;

	snprintf(path, sizeof(path), "%s/%s/lock", fs->path, OURS);
	if (turn < 0)
		return lock_wait(fs->lock_fd, path);
	err = lock_between_turns(fs, path, turn);
	close(turn);
	return err;
}

void bpffs_unlock(struct bpffs *fs)
{
	known_forget(fs->known);
	flock(fs->lock_fd, LOCK_UN);
}
