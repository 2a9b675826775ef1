// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/lock.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/publish.h"
#include "bpffs/stage.h"

/* Fields of a stage's record. */
#define FIELD_VERB "verb"
#define FIELD_DIR  "dir"

static bool present(int dir_fd, const char *file)
{
	return !faccessat(dir_fd, file, F_OK, AT_SYMLINK_NOFOLLOW);
}

static int remove_tree(int parent_fd, const char *name)
{
	struct dirent **list;
	int fd, count, err = 0;

	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	count = scandirat(fd, ".", &list, NULL, NULL);
	if (count < 0)
		err = -errno;
	for (int i = 0; i < count; i++) {
		const char *entry = list[i]->d_name;

		if (!err && strcmp(entry, ".") && strcmp(entry, "..") && unlinkat(fd, entry, 0))
			err = errno == EISDIR || errno == EPERM ? remove_tree(fd, entry) : -errno;
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	close(fd);
	if (!err && unlinkat(parent_fd, name, AT_REMOVEDIR))
		err = -errno;
	return err;
}

int stage_begin(struct stage *stage, const struct bpffs *fs, const char *ifname, const char *verb)
{
	char file[NAME_SIZE];
	struct record rec;
	int err;

	stage->fs = fs;
	stage->fd = -1;
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
		stage->fd = bpffs_open_dir(fs->stage_fd, stage->name, O_RDONLY);
		err = stage->fd < 0 ? stage->fd : lock_try(stage->fd);
	}
	record_init(&rec, NULL);
	if (!err)
		err = record_set_other(&rec, FIELD_VERB, verb);
	if (!err)
		err = record_create(stage->fd, STAGE_RECORD, &rec);
	if (!err)
		return 0;
	failed(err, "cannot make a stage for %s in %s", ifname, fs->path);
	stage_end(stage);
	return err;
}

int stage_make_directory(struct stage *stage, struct directory *dir)
{
	int err;

	if (mkdirat(stage->fd, STAGE_DIR, 0700))
		return failed(-errno, "cannot make a directory in %s", stage->fs->path);
	dir->has_record = false;
	dir->fd = bpffs_open_dir(stage->fd, STAGE_DIR, O_RDONLY);
	err = dir->fd < 0 ? dir->fd : publish_skeleton(dir->fd);
	if (!err && renameat2(stage->fd, STAGE_DIR, stage->fs->fd, dir->relative, RENAME_NOREPLACE))
		err = -errno;
	if (!err)
		return 0;
	directory_close(dir);
	return failed(err, "cannot make %s", dir->path);
}

int stage_add_map(struct stage *stage, const char *map, bool egress, int map_fd)
{
	char file[NAME_SIZE];
	int dir_fd = stage->fd, err;

	err = mapname_encode(map, file, sizeof(file));
	if (!err && egress) {
		dir_fd = bpffs_make_dir(stage->fd, DIRECTORY_EGRESS, 0700);
		if (dir_fd < 0)
			err = dir_fd;
	}
	if (!err)
		err = pin_create(dir_fd, file, map_fd);
	if (dir_fd >= 0 && dir_fd != stage->fd)
		close(dir_fd);
	return err ? failed(err, "cannot pin map '%s' below %s", map, stage->fs->path) : 0;
}

int stage_add_drop_all(struct stage *stage)
{
	if (symlinkat("v=1", stage->fd, STAGE_DROP_ALL))
		return failed(-errno, "cannot write a record in %s", stage->fs->path);
	return 0;
}

/* Anything besides the stage's own record: a pin or an order. */
static bool stage_is_empty(const struct stage *stage)
{
	struct dirent **list;
	int count = scandirat(stage->fd, ".", &list, NULL, NULL);

	for (int i = 0; i < count; i++)
		free(list[i]);
	if (count >= 0)
		free(list);
	return count == 3; /* ".", ".." and %record */
}

/* Whether two records say the same, generation aside. */
static bool same_text(const struct record *a, const struct record *b)
{
	char text[2][RECORD_SIZE];
	struct record copy = *a;

	copy.gen = b->gen;
	return !record_format(&copy, text[0]) && !record_format(b, text[1]) &&
	       !strcmp(text[0], text[1]);
}

/* Note in the stage whose directory it is for, and both records; the even one last. */
static int write_records(struct stage *stage, const struct directory *dir, struct record *rec)
{
	struct record odd, note;
	int err;

	odd = dir->has_record ? dir->record : *rec;
	odd.gen = dir->has_record ? (dir->record.gen + 1) | 1 : 1;
	rec->gen = odd.gen + 1;
	err = record_read(stage->fd, STAGE_RECORD, &note);
	if (!err)
		err = record_set_other(&note, FIELD_DIR, dir->relative);
	if (!err && unlinkat(stage->fd, STAGE_RECORD, 0))
		err = -errno;
	if (!err)
		err = record_create(stage->fd, STAGE_RECORD, &note);
	if (!err)
		err = record_create(stage->fd, STAGE_ODD, &odd);
	if (!err)
		err = record_create(stage->fd, STAGE_META, rec);
	return err;
}

int stage_publish(struct stage *stage, struct directory *dir, struct record *rec)
{
	int err;

	err = lock_wait(dir->fd, dir->path);
	if (err)
		return err;
	if (dir->has_record && !(dir->record.gen & 1) && stage_is_empty(stage) &&
	    same_text(rec, &dir->record)) {
		rec->gen = dir->record.gen;
		err = publish_skeleton(dir->fd);
		return err ? failed(err, "cannot complete %s", dir->path) : 0;
	}
	err = write_records(stage, dir, rec);
	if (!err && renameat(stage->fd, STAGE_ODD, dir->fd, DIRECTORY_RECORD))
		err = -errno;
	if (err)
		return failed(err, "cannot write the record of %s", dir->path);
	err = publish_staged(stage->fd, dir->fd);
	if (err) {
		failed(err, "cannot exchange the pins in %s", dir->path);
		hint("the next run finishes it; until then readers of %s are told to wait",
		     dir->record.iface.name);
		return err;
	}
	dir->record = *rec;
	dir->has_record = true;
	return 0;
}

/* The exchange began and did not end: what is staged must not be thrown away. */
static bool is_committed(int stage_fd)
{
	return !present(stage_fd, STAGE_ODD) && present(stage_fd, STAGE_META);
}

void stage_end(struct stage *stage)
{
	if (stage->fd < 0)
		return;
	if (!is_committed(stage->fd))
		remove_tree(stage->fs->stage_fd, stage->name);
	close(stage->fd);
	stage->fd = -1;
}

/* Go forward with the exchange that a killed run began. */
static int finish(const struct bpffs *fs, int stage_fd, const char *verb, const char *relative)
{
	struct directory dir;
	int err;

	err = directory_open_relative(&dir, fs, relative);
	if (err == -ENOENT) {
		note("%s/%s is gone; dropped what a killed '%s' had prepared for it", fs->path,
		     relative, verb);
		return 0;
	}
	if (err)
		return err;
	err = lock_wait(dir.fd, dir.path);
	if (!err) {
		err = publish_staged(stage_fd, dir.fd);
		if (err)
			failed(err, "cannot finish what a killed '%s' began in %s", verb, dir.path);
		else
			note("finished what a killed '%s' began in %s", verb, dir.path);
	}
	directory_close(&dir);
	return err;
}

static int recover_one(const struct bpffs *fs, const char *name)
{
	char verb[32] = "tool", relative[PATH_MAX];
	struct record rec;
	int fd, err = 0;

	fd = bpffs_open_dir(fs->stage_fd, name, O_RDONLY);
	if (fd < 0)
		return fd == -ENOENT ? 0 : failed(fd, "cannot look at stage %s", name);
	if (lock_try(fd))
		goto out; /* its writer lives */
	if (!record_read(fd, STAGE_RECORD, &rec))
		record_get_other(&rec, FIELD_VERB, verb, sizeof(verb));
	if (is_committed(fd) && !record_get_other(&rec, FIELD_DIR, relative, sizeof(relative)))
		err = finish(fs, fd, verb, relative);
	else
		detail("removed what a killed '%s' had prepared: %s", verb, name);
	if (!err) {
		err = remove_tree(fs->stage_fd, name);
		if (err)
			failed(err, "cannot remove stage %s", name);
	}
out:
	close(fd);
	return err;
}

int stage_recover(const struct bpffs *fs)
{
	struct dirent **list;
	int count, err = 0;

	count = scandirat(fs->stage_fd, ".", &list, NULL, alphasort);
	if (count < 0)
		return failed(-errno, "cannot list the stages in %s", fs->path);
	for (int i = 0; i < count; i++) {
		if (!err && list[i]->d_name[0] != '.')
			err = recover_one(fs, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return err;
}
