// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "bpffs/directory.h"
#include "bpffs/known.h"
#include "bpffs/turn.h"
#include "pinning/carry.h"
#include "pinning/writer.h"

static int take_and_recover(struct bpffs *fs, const struct interface *iface)
{
	int err = turn_take(fs, iface);

	return err ? err : carry_recover(fs, iface);
}

/* The interface's directory, if it has one with something left to bring over. */
static bool find_pending(struct directory *dir, const struct bpffs *fs,
                         const struct interface *iface)
{
	char relative[PATH_MAX], carry[PATH_MAX + sizeof(DIRECTORY_CARRY)];

	/* What is wrong with it is told by who uses it. */
	if (bpffs_relative(fs, iface->name, &iface->netns, relative) ||
	    known_is_absent(fs, relative))
		return false;
	snprintf(carry, sizeof(carry), "%s/%s", relative, DIRECTORY_CARRY);
	if (faccessat(fs->fd, carry, F_OK, AT_SYMLINK_NOFOLLOW) ||
	    directory_open_quietly(dir, fs, relative))
		return false;
	if (dir->has_record && record_same_interface(&dir->record, iface) && carry_is_pending(dir))
		return true;
	directory_close(dir);
	return false;
}

int writer_begin(struct bpffs *fs, const struct interface *iface, bool *resumed)
{
	struct directory dir;
	int err;

	*resumed = false;
	err = take_and_recover(fs, iface);
	if (err || !find_pending(&dir, fs, iface))
		return err;
	*resumed = true;
	carry_resume_apart(fs, &dir);
	directory_close(&dir);
	/* Others were writers in between. */
	bpffs_unlock(fs);
	return take_and_recover(fs, iface);
}
