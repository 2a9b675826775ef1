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
#include "compat/prepared_turn.h"

/* Long enough for some to load one after the other. */
#define TURN_PATIENCE_MS 2000
#define TURN_RETRY_MS    10

int prepared_turn_wait(void)
{
	const char *root = getenv("IFBPF_BPFFS");
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%%ifbpf", root ? root : BPFFS_DEFAULT);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	for (int ms = 0; flock(fd, LOCK_EX | LOCK_NB); ms += TURN_RETRY_MS) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || ms >= TURN_PATIENCE_MS) {
			close(fd);
			return -1;
		}
		poll(NULL, 0, TURN_RETRY_MS);
	}
	return fd;
}

void prepared_turn_end(int fd)
{
	if (fd >= 0)
		close(fd);
}
