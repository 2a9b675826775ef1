// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/carry_mark.h"
#include "pinning/carry_open.h"
#include "pinning/old_pin.h"

int carry_open_marks(struct carry *carry, int dir_fd)
{
	struct dirent **list;
	struct record rec;
	char *end;
	__u32 id;
	int fd, count, err = 0;

	fd = bpffs_open_dir(dir_fd, DIRECTORY_CARRY, O_RDONLY);
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

/* In %egress/ there may be a symlink: then it is, or was so far, the flat one. */
static int open_or_flat(const struct carried *one, int dir_fd, const char *path,
                        struct bpf_map_info *info)
{
	char file[NAME_SIZE];
	int fd = pin_open_map(dir_fd, path, 0, info);

	if (fd == -ELOOP && one->egress && !mapname_encode(one->name, file, sizeof(file)))
		fd = pin_open_map(dir_fd, file, 0, info);
	return fd;
}

int carry_open_old(struct carried *one, int dir_fd, bool in_place)
{
	char path[NAME_SIZE * 2];
	struct bpf_map_info info;
	int fd, err;

	err = in_place ? carry_new_path(one, path, sizeof(path))
	               : old_pin_find(dir_fd, one->name, one->egress, one->from_id, path,
	                              sizeof(path));
	/* Something else may have its name: then the map there says so. */
	err = err == -ENOENT ? 0 : err;
	fd = err ? err : open_or_flat(one, dir_fd, path, &info);
	if (fd < 0)
		return fd;
	err = migrate_map_open(&one->from, fd);
	return !err && info.id != one->from_id ? -ESTALE : err;
}

int carry_open_new(struct carried *one, int dir_fd)
{
	char path[NAME_SIZE * 2];
	struct bpf_map_info info;
	int fd, err;

	err = carry_new_path(one, path, sizeof(path));
	fd = err ? err : open_or_flat(one, dir_fd, path, &info);
	if (fd >= 0 && info.id != one->to_id && one->class != MIGRATE_COUNTER) {
		close(fd);
		fd = -ESTALE;
	}
	if (fd < 0)
		return fd;
	return migrate_map_open(&one->to, fd);
}

int carry_open_base(struct carried *one, int dir_fd, const char *where)
{
	struct bpf_map_info info;
	char path[64];
	int fd, err;

	/* Which keys a map was given says nothing of one that came in its place. */
	if (!migrate_copies(one->m) ||
	    (one->class == MIGRATE_COUNTER && one->to.info.id != one->to_id))
		return 0;
	snprintf(path, sizeof(path), "%s/%u%s", DIRECTORY_CARRY, one->from_id, DIRECTORY_BASE);
	fd = pin_open_map(dir_fd, path, 0, &info);
	/* Without it counters are merged all the same: what others switched has none. */
	if (fd == -ENOENT && one->class == MIGRATE_COUNTER)
		return 0;
	if (fd < 0)
		return failed(fd, "cannot open %s/%s", where, path);
	err = migrate_resume(one->m, fd);
	close(fd);
	return err;
}
