// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* A directory of the layout that is made in a stage, and put in its place by one rename. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/publish.h"
#include "bpffs/skeleton.h"
#include "bpffs/stage.h"

static int fill_directory(struct stage *stage, struct directory *dir)
{
	if (mkdirat(stage->fd, STAGE_DIR, 0700))
		return -errno;
	dir->has_record = false;
	/* It was made just now, where nobody else can enter: it need not be looked at. */
	dir->fd = openat(stage->fd, STAGE_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return dir->fd < 0 ? -errno : skeleton_fill(dir->fd);
}

int stage_make_directory(struct stage *stage, struct directory *dir)
{
	int err = fill_directory(stage, dir);

	if (!err && renameat2(stage->fd, STAGE_DIR, stage->fs->fd, dir->relative, RENAME_NOREPLACE))
		err = -errno;
	if (!err) {
		strcpy(stage->made, dir->relative);
		return 0;
	}
	directory_close(dir);
	return failed(err, "cannot make %s", dir->path);
}

int stage_make_whole(struct stage *stage, struct directory *dir)
{
	int err = fill_directory(stage, dir);

	if (!err) {
		stage->pins_fd = dir->fd;
		stage->whole = dir->blank = true;
		strcpy(stage->made, dir->relative);
		return 0;
	}
	directory_close(dir);
	return failed(err, "cannot make %s in its stage", dir->path);
}

int stage_put_whole(const struct bpffs *fs, int stage_fd, const char *relative)
{
	int from, to, err;

	if (!renameat2(stage_fd, STAGE_DIR, fs->fd, relative, RENAME_NOREPLACE))
		return 0;
	if (errno != EEXIST)
		return -errno;
	to = bpffs_open_dir(fs->fd, relative, O_RDONLY);
	if (to < 0)
		return to;
	from = bpffs_open_dir(stage_fd, STAGE_DIR, O_RDONLY);
	err = from < 0 ? from : publish_staged(from, to);
	if (from >= 0)
		close(from);
	close(to);
	return err;
}
