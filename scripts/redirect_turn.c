// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include "bpffs/bpffs.h"
#include "bpffs/lock.h"
#include "scripts/redirect_turn.h"

/* Below %ifbpf; what is locked there otherwise are the directories in it. */
#define TURN "stage"

static int turn_fd = -1;

int redirect_turn_take(void)
{
	char path[PATH_MAX + 16];
	struct bpffs fs;
	int err = bpffs_open(&fs, BPFFS_READ);

	if (err)
		return err;
	turn_fd = fs.ours_fd < 0 ? -1 : bpffs_open_dir(fs.ours_fd, TURN, O_RDONLY);
	if (turn_fd >= 0) {
		snprintf(path, sizeof(path), "%s/%%ifbpf/%s", fs.path, TURN);
		err = lock_wait(turn_fd, path);
	}
	bpffs_close(&fs);
	return err;
}

void redirect_turn_hand_down(void)
{
	if (turn_fd >= 0)
		fcntl(turn_fd, F_SETFD, 0);
}
