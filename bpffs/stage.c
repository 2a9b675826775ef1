// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* A stage from its beginning, locked, to its end: removed, or left to the next run. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/listing.h"
#include "bpffs/lock.h"
#include "bpffs/log.h"
#include "bpffs/publish.h"
#include "bpffs/skeleton.h"
#include "bpffs/stage.h"

static int remove_tree(int parent_fd, const char *name)
{
	struct listing all;
	int fd, err;

	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	err = listing_read(&all, fd);
	for (size_t i = 0; !err && i < all.len; i++) {
		if (S_ISDIR(all.list[i].type))
			err = remove_tree(fd, all.list[i].name);
		else if (unlinkat(fd, all.list[i].name, 0))
			err = -errno;
	}
	listing_free(&all);
	close(fd);
	if (!err && unlinkat(parent_fd, name, AT_REMOVEDIR))
		err = -errno;
	return err;
}

/* The directory of the stage, locked. */
static int make_locked(struct stage *stage, const struct bpffs *fs, const char *ifname)
{
	char file[NAME_SIZE];
	int err;

	*stage = (struct stage){ .fs = fs, .fd = -1, .pins_fd = -1 };
	record_init(&stage->record, NULL);
	err = ifname_encode(ifname, file, sizeof(file));
	/* The same pid may be at work in another pid namespace. */
	for (int again = 0; !err; again++) {
		snprintf(stage->name, sizeof(stage->name), again ? "%.60s~%d~%d" : "%.60s~%d", file,
		         getpid(), again);
		if (!mkdirat(fs->stage_fd, stage->name, 0700))
			break;
		if (errno != EEXIST)
			err = -errno;
	}
	if (!err) {
		/* It was made just now, where nobody else can enter: it need not be looked at. */
		stage->fd = openat(fs->stage_fd, stage->name,
		                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		err = stage->fd < 0 ? -errno : lock_try(stage->fd);
		stage->pins_fd = stage->fd;
	}
	return err;
}

int stage_begin(struct stage *stage, const struct bpffs *fs, const char *ifname, const char *verb)
{
	return stage_begin_for(stage, fs, ifname, verb, NULL);
}

int stage_begin_for(struct stage *stage, const struct bpffs *fs, const char *ifname,
                    const char *verb, const struct stage_purpose *purpose)
{
	int err = make_locked(stage, fs, ifname);

	if (!err)
		err = record_set_other(&stage->record, STAGE_FIELD_VERB, verb);
	if (!err && purpose)
		err = stage_switch(stage, purpose->hook, purpose->old_prog_id,
		                   purpose->new_prog_id);
	if (!err && purpose)
		err = record_set_other(&stage->record, STAGE_FIELD_DIR, purpose->relative);
	if (!err)
		err = stage_write_record(stage);
	if (!err)
		return 0;
	failed(err, "cannot make a stage for %s in %s", ifname, fs->path);
	stage_end(stage);
	return err;
}

int stage_write_record(struct stage *stage)
{
	char text[RECORD_SIZE];
	int err = record_format(&stage->record, text);

	if (err || (stage->written && !strcmp(stage->written, text)))
		return err;
	if ((stage->written && unlinkat(stage->fd, STAGE_RECORD, 0)) ||
	    symlinkat(text, stage->fd, STAGE_RECORD))
		return -errno;
	free(stage->written);
	stage->written = strdup(text);
	return stage->written ? 0 : -ENOMEM;
}

/*
 * The even record goes first: killed in the middle of this, the stage must not look like one
 * whose exchange began, or that is complete.
 */
static int remove_stage(const struct bpffs *fs, const char *name)
{
	static const char *const records[] = { STAGE_META, STAGE_WHOLE };
	char record[NAME_SIZE * 2];

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		snprintf(record, sizeof(record), "%s/%s", name, records[i]);
		if (unlinkat(fs->stage_fd, record, 0) && errno != ENOENT && errno != ENOTDIR)
			return -errno;
	}
	return remove_tree(fs->stage_fd, name);
}

int stage_remove(const struct bpffs *fs, const char *name)
{
	int err = remove_stage(fs, name);

	return err ? failed(err, "cannot remove stage %s in %s", name, fs->path) : 0;
}

/*
 * What was to be published did not come; another loader may have pinned there meanwhile. Out of
 * descriptors, which may be why it did not come, that cannot be seen: then a pin keeps the
 * directory.
 */
static void remove_made(const struct stage *stage)
{
	int fd = bpffs_open_dir(stage->fs->fd, stage->made, O_RDONLY);
	int only = fd < 0 ? fd : skeleton_only(fd);

	if (fd >= 0)
		close(fd);
	if (only == 1 || only == -EMFILE || only == -ENFILE)
		skeleton_remove(stage->fs->fd, stage->made);
	/* Nothing may be in the directory of its network namespace any more. */
	directory_remove_parent(stage->fs, stage->made);
}

/* It is published: only its own record is mostly left of it. */
static void remove_done(const struct stage *stage)
{
	if (unlinkat(stage->fd, STAGE_RECORD, 0) ||
	    unlinkat(stage->fs->stage_fd, stage->name, AT_REMOVEDIR))
		remove_stage(stage->fs, stage->name);
}

/* Its writer lives, and leaves it to the next one: else that would take it for killed. What cannot
 * be noted changes nothing but that. */
static void note_left(struct stage *stage)
{
	static const char new_record[] = STAGE_RECORD "-left";

	if (record_set_other(&stage->record, STAGE_FIELD_LEFT, "1") ||
	    record_create(stage->fd, new_record, &stage->record))
		return;
	if (renameat(stage->fd, new_record, stage->fd, STAGE_RECORD))
		unlinkat(stage->fd, new_record, 0);
}

void stage_end(struct stage *stage)
{
	bool stays;

	if (stage->fd < 0)
		return;
	stays = !stage->done && (stage->switched || stage_is_committed(stage->fd));
	if (!stays && *stage->made)
		remove_made(stage);
	if (stage->done)
		remove_done(stage);
	else if (!stays)
		remove_stage(stage->fs, stage->name);
	else
		note_left(stage);
	free(stage->written);
	stage->written = NULL;
	close(stage->fd);
	stage->fd = -1;
}
