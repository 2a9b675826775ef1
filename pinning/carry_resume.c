// SPDX-License-Identifier: GPL-2.0-or-later
/* Going on with what a load that was killed, or that failed at it, did not bring over. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/carry.h"
#include "pinning/carry_mark.h"

/* List the notes. Returns 0 or a negative errno. */
static int read_marks(const struct directory *dir, struct carry *carry)
{
	struct dirent **list;
	struct record rec;
	char *end;
	__u32 id;
	int fd, count, err = 0;

	fd = bpffs_open_dir(dir->fd, DIRECTORY_CARRY, O_RDONLY);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	count = scandirat(fd, ".", &list, NULL, alphasort);
	if (count < 0)
		err = -errno;
	for (int i = 0; i < count; i++) {
		id = strtoul(list[i]->d_name, &end, 10);
		if (!err && id && !*end && !record_read(fd, list[i]->d_name, &rec))
			err = carry_mark_read(carry, &rec, id);
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	close(fd);
	return err;
}

/* The map in place, which for anything but counters must be the one that was copied to. */
static int open_new(const struct directory *dir, struct carried *one)
{
	char path[NAME_SIZE * 2];
	struct bpf_map_info info;
	int fd, err;

	err = carry_new_path(one, path, sizeof(path));
	fd = err ? err : pin_open_map(dir->fd, path, 0, &info);
	if (fd >= 0 && info.id != one->to_id && one->class != MIGRATE_COUNTER) {
		close(fd);
		fd = -ESTALE;
	}
	if (fd < 0)
		return fd;
	return migrate_map_open(&one->to, fd);
}

static int open_old(const struct directory *dir, struct carried *one)
{
	char path[NAME_SIZE * 2];
	struct bpf_map_info info;
	int fd, err;

	err = carry_old_path(one, path, sizeof(path));
	fd = err ? err : pin_open_map(dir->fd, path, 0, &info);
	if (fd < 0)
		return fd;
	err = migrate_map_open(&one->from, fd);
	return !err && info.id != one->from_id ? -ESTALE : err;
}

/* What was copied before the switch, without which nobody can tell an edit from a copy. */
static int open_base(const struct directory *dir, struct carried *one)
{
	struct bpf_map_info info;
	char path[64];
	int fd, err;

	if (one->class == MIGRATE_COUNTER)
		return 0;
	snprintf(path, sizeof(path), "%s/%u%s", DIRECTORY_CARRY, one->from_id, DIRECTORY_BASE);
	fd = pin_open_map(dir->fd, path, 0, &info);
	if (fd < 0)
		return failed(fd, "cannot open %s/%s", dir->path, path);
	err = migrate_resume(one->m, fd);
	close(fd);
	return err;
}

/* Open what one note is about; sets finished if there is nothing to be done. */
static void open_one(const struct directory *dir, struct carried *one)
{
	int err = open_old(dir, one);

	if (!err)
		err = open_new(dir, one);
	if (err == -ENOENT || err == -ESTALE) {
		/* Other maps were put there since, or these were dropped: there is no more to do.
		 */
		if (err == -ESTALE)
			note("map '%s' in %s was replaced before all was brought over to it",
			     one->name, dir->path);
		one->finished = true;
		return;
	}
	if (!err)
		err = migrate_plan(&one->m, &one->from, &one->to, one->class);
	if (err)
		failed(err, "cannot go on with carrying map '%s' over in %s", one->name, dir->path);
	else
		err = open_base(dir, one);
	one->placed = !err;
}

/* How a merge that takes long lets other writers go on. */
static int finish_apart(struct bpffs *fs, struct directory *dir, struct carry *carry)
{
	int err;

	bpffs_unlock(fs);
	carry_finish(carry);
	/* In the order in which all writers take the two. */
	directory_unlock(dir);
	err = bpffs_lock(fs);
	return err ? err : directory_read_record(dir);
}

static int resume(struct bpffs *fs, struct directory *dir, struct carry *carry, bool apart)
{
	struct record rec;
	int err;

	err = directory_lock(dir);
	if (err)
		return err;
	for (size_t i = 0; i < carry->len; i++)
		open_one(dir, carry->list[i]);
	if (apart)
		err = finish_apart(fs, dir, carry);
	else
		carry_finish(carry);
	for (size_t i = 0; i < carry->len; i++)
		if (carry->list[i]->placed && carry->list[i]->finished)
			note("map '%s' in %s: brought over what a 'load' had left to do",
			     carry->list[i]->name, dir->path);
	rec = dir->record;
	return err ? err : carry_settle(carry, fs, dir->ifname, dir, &rec);
}

static void go_on(struct bpffs *fs, struct directory *dir, bool apart)
{
	struct carry carry = {};
	int err;

	/* Without a record it is not ours; what is about to be dropped needs nothing any more. */
	if (dir->fd < 0 || !dir->has_record || dir->dropped)
		return;
	err = read_marks(dir, &carry);
	if (err)
		failed(err, "cannot read %s/%s", dir->path, DIRECTORY_CARRY);
	else if (carry.len)
		resume(fs, dir, &carry, apart);
	directory_unlock(dir);
	carry_free(&carry);
}

void carry_resume(struct bpffs *fs, struct directory *dir)
{
	go_on(fs, dir, false);
}

void carry_resume_apart(struct bpffs *fs, struct directory *dir)
{
	go_on(fs, dir, true);
}

bool carry_is_pending(const struct directory *dir)
{
	struct carry carry = {};
	bool pending = !read_marks(dir, &carry) && carry.len;

	carry_free(&carry);
	return pending;
}
