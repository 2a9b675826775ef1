// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The bulk of what is carried over is copied while other writers go on: the lock of the BPF
 * filesystem is given back, and the stage, which is locked as long as we live, says that it is not
 * a dead one's. Then all that was decided before is looked at once more.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include "bpffs/log.h"
#include "bpffs/turn.h"
#include "pinning/load_internal.h"
#include "pinning/reuse.h"

/* What was decided, as far as others can make it wrong. */
struct decided {
	bool has_old;
	struct attachment old;
	struct attach_how how;
};

static struct decided decided(const struct loading *l)
{
	struct decided d = { .has_old = l->old != NULL, .how = l->how };

	if (l->old)
		d.old = *l->old;
	return d;
}

static bool is_same(const struct decided *a, const struct decided *b)
{
	return a->has_old == b->has_old && a->old.prog_id == b->old.prog_id &&
	       a->old.by == b->old.by && a->old.mode == b->old.mode &&
	       a->old.link_id == b->old.link_id && a->old.pref == b->old.pref &&
	       a->old.handle == b->old.handle && a->how.by == b->how.by &&
	       a->how.mode == b->how.mode && a->how.link == b->how.link;
}

/* The directory is where it was, and no writer published in it. */
static bool is_untouched(const struct loading *l)
{
	const struct directory *dir = &l->dir;
	struct stat open, there;
	struct record now;
	int err;

	if (fstat(dir->fd, &open) ||
	    fstatat(l->fs.fd, dir->relative, &there, AT_SYMLINK_NOFOLLOW) ||
	    open.st_ino != there.st_ino)
		return false;
	err = record_read(dir->fd, DIRECTORY_RECORD, &now);
	return dir->has_record ? !err && now.gen == dir->record.gen : err == -ENOENT;
}

static int look_again(struct loading *l)
{
	struct decided before = decided(l), after;
	int err;

	attachments_free(&l->attached);
	owners_free(&l->owners);
	l->old = NULL;
	err = bpffs_check_mounted(&l->fs);
	if (!err)
		err = load_look(l);
	if (!err)
		err = load_choose(l);
	if (err)
		return err;
	after = decided(l);
	if (is_untouched(l) && is_same(&before, &after) &&
	    reuse_is_current(l->object, &l->dir, &l->report->carry))
		return 0;
	note("%s was changed by others while much was copied: beginning anew", l->iface->name);
	l->report->moved = true;
	return -EAGAIN;
}

int load_copy(struct loading *l)
{
	struct carry *carry = &l->report->carry;
	int err, copied;

	if (l->options->keep_lock || !carry_is_bulky(carry))
		return carry_copy(carry);
	bpffs_unlock(&l->fs);
	copied = carry_copy(carry);
	err = turn_take(&l->fs, l->iface);
	if (err || copied)
		return copied ? copied : err;
	err = carry_recover(&l->fs, l->iface);
	return err ? err : look_again(l);
}
