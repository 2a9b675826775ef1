// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/share.h"

#define MAPS 64 /* that a program has, at most: more than any that is measured */

static int query(int prog_fd, struct bpf_prog_info *info)
{
	__u32 len = sizeof(*info);

	return bpf_obj_get_info_by_fd(prog_fd, info, &len) ? -errno : 0;
}

/* Of the maps with these ids, by the name that the kernel has cut. Returns a descriptor. */
static int open_named(const __u32 *ids, __u32 n, const char *name)
{
	for (__u32 i = 0; i < n; i++) {
		struct bpf_map_info info = {};
		__u32 len = sizeof(info);
		int fd = bpf_map_get_fd_by_id(ids[i]);

		if (fd < 0)
			return -errno;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) &&
		    !strncmp(info.name, name, sizeof(info.name) - 1))
			return fd;
		close(fd);
	}
	return -ENOENT;
}

int share_maps(struct bpf_object *obj, int prog_fd)
{
	__u32 ids[MAPS];
	struct bpf_prog_info info = { .nr_map_ids = MAPS, .map_ids = (__u64)(unsigned long)ids };
	struct bpf_map *map;
	int err = query(prog_fd, &info), fd;

	if (!err && info.nr_map_ids > MAPS)
		err = -E2BIG;
	if (err)
		return err;
	bpf_object__for_each_map(map, obj) {
		if (!bpf_map__autocreate(map))
			continue; /* the program does without it */
		fd = open_named(ids, info.nr_map_ids, bpf_map__name(map));
		if (fd < 0)
			return fd;
		err = bpf_map__reuse_fd(map, fd);
		close(fd);
		if (err)
			return err;
	}
	return 0;
}

int share_check(int prog_fd, int again_fd)
{
	struct bpf_prog_info info = {}, again = {};
	int err = query(prog_fd, &info);

	if (!err)
		err = query(again_fd, &again);
	if (err)
		return failed(err, "cannot query a program");
	if (memcmp(info.tag, again.tag, sizeof(info.tag)))
		return failed(-EBADMSG, "%s, loaded once more, is another program", info.name);
	return 0;
}
