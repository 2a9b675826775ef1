// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/bpffs.h"
#include "bpffs/lock.h"
#include "compat/plugin.h"
#include "compat/prepared_turn.h"

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

static void say_waiting(int holder)
{
	plugin_note("waiting for process %d, which has not ended its own filter", holder);
}

int prepared_turn_wait(bool make)
{
	const char *named = getenv("IFBPF_BPFFS"), *root = named ? named : BPFFS_DEFAULT;
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%%ifbpf", root);
	if (make)
		make_directory(root, path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (lock_wait_moment(fd, say_waiting)) {
		close(fd);
		return -1;
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
