// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
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

/* If it was made for the turn: it goes, unless the tools have put something into it. */
static char made[PATH_MAX];

/* Where the caller owns the root: the tools refuse what anybody made in a root that all can write.
 */
static void make_directory(const char *root, const char *path)
{
	struct stat st;

	if (!stat(root, &st) && st.st_uid == geteuid() && !mkdir(path, 0711))
		strcpy(made, path);
}

int prepared_turn_wait(bool make)
{
	const char *named = getenv("IFBPF_BPFFS"), *root = named ? named : BPFFS_DEFAULT;
	char path[PATH_MAX];
	int fd, holder = 0;

	snprintf(path, sizeof(path), "%s/%%ifbpf", root);
	if (make)
		make_directory(root, path);
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
			plugin_note("waiting for process %d, which has not ended its own filter",
			            holder);
		poll(NULL, 0, TURN_RETRY_MS);
		ms += TURN_RETRY_MS;
		all += TURN_RETRY_MS;
	}
	return fd;
}

void prepared_turn_end(int fd)
{
	if (*made)
		rmdir(made);
	*made = '\0';
	if (fd >= 0)
		close(fd);
}
