// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/directory.h"
#include "bpffs/map_path.h"
#include "bpffs/name.h"
#include "bpffs/pin.h"
#include "pinning/old_pin.h"
#include "pinning/plan.h"

static bool is_at(int dir_fd, const char *path, __u32 id)
{
	struct bpf_map_info info;
	int fd = pin_open_map(dir_fd, path, BPF_F_RDONLY, &info);

	if (fd < 0)
		return false;
	close(fd);
	return info.id == id;
}

int old_pin_find(int dir_fd, const char *name, bool egress, __u32 id, char *path, size_t size)
{
	const struct {
		bool egress;
		__u32 old_id;
	} places[] = { { egress, id }, { !egress, id }, { true, 0 }, { false, 0 } };
	/* What has the flat name now, is an old one only for what is in %egress/. */
	size_t count = sizeof(places) / sizeof(places[0]) - !egress;
	int err;

	for (size_t i = 0; i < count; i++) {
		err = map_path(name, places[i].egress, places[i].old_id, path, size);
		if (err)
			return err;
		if (is_at(dir_fd, path, id))
			return 0;
	}
	err = map_path(name, egress, id, path, size);
	return err ? err : -ENOENT;
}

int old_pin_of(const struct plan_map *map, char *path, size_t size)
{
	char dir[PATH_MAX], below[NAME_SIZE * 2];
	char *end;
	int fd, err;

	snprintf(dir, sizeof(dir), "%s", map->path);
	for (int parts = map->egress ? 2 : 1; parts; parts--) {
		end = strrchr(dir, '/');
		if (!end)
			return -EINVAL;
		*end = '\0';
	}
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = old_pin_find(fd, map->name, map->egress, map->old_id, below, sizeof(below));
	close(fd);
	if (!err || err == -ENOENT)
		snprintf(path, size, "%s/%s", dir, below);
	return err;
}

bool old_pin_is_egress(int dir_fd, const char *name, bool egress)
{
	char path[MAP_PATH_SIZE];
	struct stat st;

	if (!egress || !strcmp(name, DIRECTORY_TC_STATS) ||
	    map_path(name, true, 0, path, sizeof(path)))
		return egress;
	return fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) || !S_ISLNK(st.st_mode);
}
