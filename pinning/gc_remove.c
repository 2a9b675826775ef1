// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include "bpffs/log.h"
#include "bpffs/publish.h"
#include "bpffs/stage.h"
#include "pinning/gc_pins.h"
#include "pinning/gc_remove.h"

/* Read it anew, and every program as well: is it in use? */
static int look_again(struct gc *gc, const struct directory *dir, bool *in_use, char why[256])
{
	struct gc_content content;
	int err;

	gc_uses_free(&gc->uses);
	err = gc_uses_scan(&gc->uses);
	if (!err)
		err = gc_content_read(gc, dir, &content);
	if (err)
		return err;
	*in_use = gc_content_in_use(gc, dir, &content, &(struct gc_ids){}, why);
	gc_content_free(&content);
	return 0;
}

/*
 * Remove the directory in one step: it goes into the stage, where nobody finds it any more, and
 * with the stage. A loader that takes no lock may have begun to use it meanwhile, so it is looked
 * at once more there.
 */
static int remove_directory(struct gc *gc, struct directory *dir, bool *in_use, char why[256])
{
	struct stage stage;
	int err;

	err = directory_lock(dir);
	if (!err)
		err = stage_begin(&stage, &gc->fs, dir->ifname, "gc");
	if (err)
		return err;
	if (renameat2(gc->fs.fd, dir->relative, stage.fd, STAGE_DIR, RENAME_NOREPLACE)) {
		err = failed(-errno, "cannot move %s away", dir->path);
		stage_end(&stage);
		return err;
	}
	err = look_again(gc, dir, in_use, why);
	if ((err || *in_use) &&
	    renameat2(stage.fd, STAGE_DIR, gc->fs.fd, dir->relative, RENAME_NOREPLACE))
		err = failed(-errno, "cannot move %s back", dir->path);
	else if (!err && !*in_use)
		err = stage_remove(&gc->fs, stage.name);
	stage_end(&stage);
	return err;
}

int gc_remove_unused(struct gc *gc, struct directory *dir, bool *in_use, char why[256])
{
	int err = look_again(gc, dir, in_use, why);

	return err || *in_use ? err : remove_directory(gc, dir, in_use, why);
}
