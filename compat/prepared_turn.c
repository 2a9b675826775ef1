// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>
#include "bpffs/bpffs.h"
#include "bpffs/lock.h"
#include "compat/plugin.h"
#include "compat/prepared_turn.h"

/* Long enough for one to load and settle, until it is worth a word, and for all that come before.
 */
#define TURN_PATIENCE_MS 2000
#define TURN_SAY_MS      1000
#define TURN_LIMIT_MS    30000
#define TURN_RETRY_MS    10

int prepared_turn_wait(void)
{
	const char *root = getenv("IFBPF_BPFFS");
	char path[PATH_MAX];
	int fd, holder = 0;

	snprintf(path, sizeof(path), "%s/%%ifbpf", root ? root : BPFFS_DEFAULT);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	for (int ms = 0, all = 0; flock(fd, LOCK_EX | LOCK_NB);) {
		int err = errno, now = lock_holder(fd);

		/* Those before this one go on: it is not kept waiting by one alone. */
		if (now && now != holder) {
			holder = now;
			ms = 0;
		}
		if ((err != EWOULDBLOCK && err != EINTR) || ms >= TURN_PATIENCE_MS ||
		    all >= TURN_LIMIT_MS) {
			close(fd);
			return -1;
		}
		if (ms == TURN_SAY_MS)
			plugin_note("waiting for process %d, whose filter is not settled yet",
			            holder);
		poll(NULL, 0, TURN_RETRY_MS);
		ms += TURN_RETRY_MS;
		all += TURN_RETRY_MS;
	}
	return fd;
}

void prepared_turn_end(int fd)
{
	if (fd >= 0)
		close(fd);
}
