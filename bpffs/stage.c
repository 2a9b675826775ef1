// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/listing.h"
#include "bpffs/kept.h"
#include "bpffs/lock.h"
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "bpffs/pin.h"
#include "bpffs/publish.h"
#include "bpffs/skeleton.h"
#include "bpffs/stage.h"

static bool present(int dir_fd, const char *file)
{
	return !faccessat(dir_fd, file, F_OK, AT_SYMLINK_NOFOLLOW);
}

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

int stage_begin(struct stage *stage, const struct bpffs *fs, const char *ifname, const char *verb)
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
		stage->fd = bpffs_open_dir(fs->stage_fd, stage->name, O_RDONLY);
		err = stage->fd < 0 ? stage->fd : lock_try(stage->fd);
		stage->pins_fd = stage->fd;
	}
	if (!err)
		err = record_set_other(&stage->record, STAGE_FIELD_VERB, verb);
	if (!err)
		err = record_create(stage->fd, STAGE_RECORD, &stage->record);
	if (!err)
		return 0;
	failed(err, "cannot make a stage for %s in %s", ifname, fs->path);
	stage_end(stage);
	return err;
}

static int fill_directory(struct stage *stage, struct directory *dir)
{
	if (mkdirat(stage->fd, STAGE_DIR, 0700))
		return -errno;
	dir->has_record = false;
	dir->fd = bpffs_open_dir(stage->fd, STAGE_DIR, O_RDONLY);
	return dir->fd < 0 ? dir->fd : skeleton_fill(dir->fd);
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
		stage->whole = true;
		return 0;
	}
	directory_close(dir);
	return failed(err, "cannot make %s in its stage", dir->path);
}

int stage_add_map(struct stage *stage, const char *map, bool egress, __u32 old_id, int map_fd)
{
	char path[MAP_PATH_SIZE];
	int egress_fd = -1, err;

	err = map_path(map, egress, old_id, path, sizeof(path));
	if (!err && egress) {
		egress_fd = bpffs_make_dir(stage->pins_fd, DIRECTORY_EGRESS, 0700);
		err = egress_fd < 0 ? egress_fd : 0;
	}
	if (!err)
		err = pin_create(stage->pins_fd, path, map_fd);
	if (!err && stage->whole && !egress && !old_id)
		err = skeleton_link_for_egress(stage->pins_fd, path);
	if (egress_fd >= 0)
		close(egress_fd);
	return err ? failed(err, "cannot pin map '%s' below %s", map, stage->fs->path) : 0;
}

/*
 * Pin something below %progs/<hook>/ or %links/ of the stage, by its path there: nobody else can
 * enter.
 */
static int add_below(struct stage *stage, const char *top, const char *sub, const char *file,
                     int bpf_fd)
{
	char dir[NAME_SIZE], path[NAME_SIZE * 2 + 2];

	if (mkdirat(stage->pins_fd, top, 0700) && errno != EEXIST)
		return -errno;
	snprintf(dir, sizeof(dir), "%s%s%s", top, sub ? "/" : "", sub ? sub : "");
	if (sub && mkdirat(stage->pins_fd, dir, 0700) && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return pin_create(stage->pins_fd, path, bpf_fd);
}

int stage_add_prog(struct stage *stage, enum hook hook, const char *file, int prog_fd)
{
	int err = add_below(stage, DIRECTORY_PROGS, hook_name(hook), file, prog_fd);

	return err ? failed(err, "cannot pin program %s below %s", file, stage->fs->path) : 0;
}

int stage_add_link(struct stage *stage, enum hook hook, int link_fd)
{
	int err = add_below(stage, DIRECTORY_LINKS, NULL, hook_name(hook), link_fd);

	return err ? failed(err, "cannot pin the link of %s below %s", hook_name(hook),
	                    stage->fs->path)
	           : 0;
}

int stage_add_carry(struct stage *stage, __u32 old_map_id, const struct record *rec, int base_fd)
{
	char file[32], base[64];
	int fd, err = 0;

	snprintf(file, sizeof(file), "%u", old_map_id);
	snprintf(base, sizeof(base), "%s%s", file, DIRECTORY_BASE);
	fd = bpffs_make_dir(stage->pins_fd, DIRECTORY_CARRY, 0700);
	if (fd < 0)
		return failed(fd, "cannot make a directory in %s", stage->fs->path);
	if (base_fd >= 0)
		err = pin_create(fd, base, base_fd);
	if (!err)
		err = record_create(fd, file, rec);
	close(fd);
	return err ? failed(err, "cannot note in %s what is brought over from map %u",
	                    stage->fs->path, old_map_id)
	           : 0;
}

int stage_rewrite_carry(int stage_fd, __u32 old_map_id, const struct record *rec)
{
	char file[64];
	int err;

	snprintf(file, sizeof(file), "%s/%u", DIRECTORY_CARRY, old_map_id);
	/* One that a killed run left is of no use. */
	if (unlinkat(stage_fd, STAGE_NEXT, 0) && errno != ENOENT)
		return -errno;
	err = record_create(stage_fd, STAGE_NEXT, rec);
	if (!err && renameat(stage_fd, STAGE_NEXT, stage_fd, file))
		err = -errno;
	return err;
}

int stage_add_drop(struct stage *stage, const char *path)
{
	char file[sizeof(STAGE_DROPS) + 16];

	if (!stage->drops && mkdirat(stage->fd, STAGE_DROPS, 0700))
		return failed(-errno, "cannot make a directory in %s", stage->fs->path);
	snprintf(file, sizeof(file), "%s/%u", STAGE_DROPS, stage->drops++);
	if (symlinkat(path, stage->fd, file))
		return failed(-errno, "cannot write in the stage in %s", stage->fs->path);
	return 0;
}

int stage_add_drop_all(struct stage *stage)
{
	if (symlinkat("v=1", stage->fd, STAGE_DROP_ALL))
		return failed(-errno, "cannot write a record in %s", stage->fs->path);
	return 0;
}

int stage_switch(struct stage *stage, enum hook hook, __u32 old_prog_id, __u32 new_prog_id)
{
	char old[16], new[16];
	int err;

	snprintf(old, sizeof(old), "%u", old_prog_id);
	snprintf(new, sizeof(new), "%u", new_prog_id);
	err = record_set_other(&stage->record, STAGE_FIELD_HOOK, hook_name(hook));
	if (!err)
		err = record_set_other(&stage->record, STAGE_FIELD_OLD, old);
	if (!err)
		err = record_set_other(&stage->record, STAGE_FIELD_NEW, new);
	return err ? failed(err, "cannot write a record in %s", stage->fs->path) : 0;
}

/* Write the stage's own record anew, as it is known here. */
static int rewrite_record(const struct stage *stage)
{
	if (unlinkat(stage->fd, STAGE_RECORD, 0))
		return -errno;
	return record_create(stage->fd, STAGE_RECORD, &stage->record);
}

/* Anything besides the stage's own record: a pin or an order. */
static bool stage_is_empty(const struct stage *stage)
{
	struct listing all;
	bool empty = !listing_read(&all, stage->fd) && all.len == 1;

	listing_free(&all);
	return empty;
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

/* Nobody else can reach the directory before it is in its place: nothing in it is exchanged. */
static int seal_whole(struct stage *stage, const struct directory *dir, struct record *rec)
{
	int err;

	rec->gen = 2;
	err = record_set_other(&stage->record, STAGE_FIELD_DIR, dir->relative);
	if (!err)
		err = rewrite_record(stage);
	if (!err)
		err = record_create(stage->pins_fd, STAGE_META, rec);
	return err ? failed(err, "cannot write a record in %s", stage->fs->path) : 0;
}

int stage_seal(struct stage *stage, struct directory *dir, struct record *rec)
{
	struct record odd;
	int err;

	if (stage->whole)
		return seal_whole(stage, dir, rec);
	err = directory_lock(dir);
	if (err)
		return err;
	kept_note(rec, dir, stage->fd);
	/* Giving pins to a group can be refused: rather now than in the middle of the exchange. */
	if (rec->group != RECORD_NO_GROUP && fchown(stage->fd, -1, rec->group)) {
		err = failed(-errno, "cannot give the maps in %s to group %u", dir->path,
		             rec->group);
		hint("run as root, or with CAP_CHOWN");
		return err;
	}
	odd = dir->has_record ? dir->record : *rec;
	odd.gen = dir->has_record ? (dir->record.gen + 1) | 1 : 1;
	rec->gen = odd.gen + 1;
	err = record_set_other(&stage->record, STAGE_FIELD_DIR, dir->relative);
	if (!err)
		err = rewrite_record(stage);
	if (!err)
		err = record_create(stage->fd, STAGE_ODD, &odd);
	/* The even one last: with both in place, the stage is complete. */
	if (!err)
		err = record_create(stage->fd, STAGE_META, rec);
	return err ? failed(err, "cannot write a record in %s", stage->fs->path) : 0;
}

/* It has a record now, and with it belongs to the layout. */
static void end_adoption(struct directory *dir)
{
	if (dir->adopted)
		note("adopted %s, which had no record%s", dir->path,
		     dir->old_mode ? "; its mode becomes 0700" : "");
	dir->adopted = false;
	dir->old_mode = 0;
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

static int commit_whole(struct stage *stage, const struct directory *dir)
{
	int err = stage_put_whole(stage->fs, stage->fd, dir->relative);

	return err ? failed(err, "cannot put %s in its place", dir->path) : 0;
}

/* Move what is staged into a directory that is there. */
static int commit_pins(struct stage *stage, struct directory *dir)
{
	int err;

	if (renameat(stage->fd, STAGE_ODD, dir->fd, DIRECTORY_RECORD))
		return failed(-errno, "cannot write the record of %s", dir->path);
	end_adoption(dir);
	err = publish_staged(stage->fd, dir->fd);
	if (err) {
		failed(err, "cannot exchange the pins in %s", dir->path);
		hint("the next run finishes it; until then readers of %s are told to wait",
		     dir->ifname);
	}
	return err;
}

int stage_commit(struct stage *stage, struct directory *dir, const struct record *rec)
{
	int err = stage->whole ? commit_whole(stage, dir) : commit_pins(stage, dir);

	if (err)
		return err;
	stage->switched = false;
	stage->done = true;
	*stage->made = '\0';
	dir->record = *rec;
	dir->has_record = true;
	return 0;
}

int stage_publish(struct stage *stage, struct directory *dir, struct record *rec)
{
	int err;

	if (dir->has_record && !(dir->record.gen & 1) && stage_is_empty(stage) &&
	    same_text(rec, &dir->record)) {
		rec->gen = dir->record.gen;
		err = publish_complete(dir->fd, rec->group);
		return err ? failed(err, "cannot complete %s", dir->path) : 0;
	}
	err = stage_seal(stage, dir, rec);
	return err ? err : stage_commit(stage, dir, rec);
}

bool stage_is_sealed(int stage_fd)
{
	return (present(stage_fd, STAGE_ODD) && present(stage_fd, STAGE_META)) ||
	       stage_is_whole(stage_fd);
}

bool stage_is_whole(int stage_fd)
{
	return present(stage_fd, STAGE_WHOLE);
}

bool stage_is_committed(int stage_fd)
{
	return !present(stage_fd, STAGE_ODD) && present(stage_fd, STAGE_META);
}

static bool drops(int stage_fd, const char *path)
{
	int fd = bpffs_open_dir(stage_fd, STAGE_DROPS, O_RDONLY);
	char text[NAME_SIZE * 2];
	struct listing orders;
	bool found = false;
	ssize_t len;

	if (fd < 0)
		return false;
	listing_read(&orders, fd);
	for (size_t i = 0; !found && i < orders.len; i++) {
		len = readlinkat(fd, orders.list[i].name, text, sizeof(text) - 1);
		text[len < 0 ? 0 : len] = '\0';
		found = !strcmp(text, path);
	}
	listing_free(&orders);
	close(fd);
	return found;
}

bool stage_takes(int stage_fd, const char *path)
{
	return present(stage_fd, STAGE_DROP_ALL) || present(stage_fd, path) ||
	       drops(stage_fd, path);
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
	close(stage->fd);
	stage->fd = -1;
}
