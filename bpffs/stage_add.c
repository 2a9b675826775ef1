// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What a writer puts into its stage: pins, what is to be brought over, and orders. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/map_path.h"
#include "bpffs/pin.h"
#include "bpffs/publish.h"
#include "bpffs/skeleton.h"
#include "bpffs/stage.h"

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
