// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <poll.h>
#include <sys/file.h>
#include "bpffs/lock.h"
#include "bpffs/log.h"

/* How long to try before a wait is worth a word, and between two tries. */
#define LOCK_PATIENCE_MS 1000
#define LOCK_RETRY_MS    10

int lock_try(int dir_fd)
{
	while (flock(dir_fd, LOCK_EX | LOCK_NB))
		if (errno != EINTR)
			return -errno;
	return 0;
}

static void say_waiting(int dir_fd, const char *path)
{
	int pid = lock_holder(dir_fd);

	if (pid > 0)
		note("waiting for process %d, which holds the lock of %s", pid, path);
	else
		note("waiting for another process, which holds the lock of %s", path);
}

int lock_wait(int dir_fd, const char *path)
{
	int err;

	for (int ms = 0; ms < LOCK_PATIENCE_MS; ms += LOCK_RETRY_MS) {
		err = lock_try(dir_fd);
		if (err != -EWOULDBLOCK)
			return err ? failed(err, "cannot lock %s", path) : 0;
		poll(NULL, 0, LOCK_RETRY_MS);
	}
	say_waiting(dir_fd, path);
	while (flock(dir_fd, LOCK_EX))
		if (errno != EINTR)
			return failed(-errno, "cannot lock %s", path);
	return 0;
}
