// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/bpffs.h"
#include "bpffs/directory.h"
#include "bpffs/displaced.h"
#include "bpffs/pin.h"
#include "bpffs/publish.h"
#include "compat/libbpf.h"

struct search {
	struct displaced_maps *maps;
	int stage_fd, dir_fd;
	const char *top; /* "" or "%egress/" */
};

static bool is_hash(__u32 type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_LRU_HASH ||
	       type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_array(__u32 type)
{
	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static bool is_zero(const char *value, size_t size)
{
	return !size || (!*value && !memcmp(value, value + 1, size - 1));
}

/* Something is in a map; false for kinds into which no program counts. */
static bool has_content(int fd, const struct bpf_map_info *info)
{
	int cpus = info->type == BPF_MAP_TYPE_PERCPU_ARRAY ? libbpf_num_possible_cpus() : 1;
	size_t size = (info->value_size + 7UL) / 8 * 8 * (cpus > 0 ? cpus : 1);
	bool found = false;
	char *value;
	void *key;

	if (!is_hash(info->type) && !is_array(info->type))
		return false;
	value = calloc(1, size);
	key = calloc(1, info->key_size);
	if (value && key && is_hash(info->type))
		found = bpf_map_get_next_key(fd, NULL, key) != -ENOENT;
	else if (value && key)
		for (__u32 i = 0; !found && i < info->max_entries; i++)
			found = !bpf_map_lookup_elem(fd, &i, value) && !is_zero(value, size);
	free(value);
	free(key);
	return found;
}

/* Whether the new map of what is carried over began as a copy; counters wait for the switch. */
static bool is_carried(int stage_fd, __u32 old_id, bool *copied)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%u%s", DIRECTORY_CARRY, old_id, DIRECTORY_BASE);
	*copied = !faccessat(stage_fd, path, F_OK, AT_SYMLINK_NOFOLLOW);
	snprintf(path, sizeof(path), "%s/%u", DIRECTORY_CARRY, old_id);
	return !faccessat(stage_fd, path, F_OK, AT_SYMLINK_NOFOLLOW);
}

static int add(struct displaced_maps *maps, const struct displaced *one)
{
	struct displaced *list = reallocarray(maps->list, maps->len + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	maps->list = list;
	list[maps->len++] = *one;
	return 0;
}

static int look_at(int dir_fd, const char *file, void *arg)
{
	struct bpf_map_info new, old = {};
	const struct search *s = arg;
	struct displaced one = {};
	int new_fd, old_fd, err = 0;
	bool carried, copied;

	if ((size_t)snprintf(one.file, sizeof(one.file), "%s%s", s->top, file) >= sizeof(one.file))
		return 0;
	new_fd = pin_open_map(dir_fd, file, 0, &new);
	if (new_fd < 0)
		return 0;
	old_fd = pin_open_map(s->dir_fd, one.file, 0, &old);
	one.new_id = new.id;
	one.old_id = old_fd < 0 ? 0 : old.id;
	if (one.old_id != one.new_id) {
		carried = is_carried(s->stage_fd, one.old_id, &copied);
		one.closed = carried && old_fd >= 0 && map_is_frozen(old_fd);
		one.counted = !copied && has_content(new_fd, &new);
		err = add(s->maps, &one);
	}
	if (old_fd >= 0)
		close(old_fd);
	close(new_fd);
	return err;
}

/* A pin that the stage has removed. */
static int add_drop(const struct search *s, int drops_fd, const char *entry)
{
	struct displaced one = {};
	ssize_t len = readlinkat(drops_fd, entry, one.file, sizeof(one.file) - 1);

	if (len < 0 || *one.file == '/' || strstr(one.file, "..") ||
	    pin_map_id(s->dir_fd, one.file, &one.old_id))
		return 0;
	return add(s->maps, &one);
}

static int look_at_drops(const struct search *s)
{
	int fd = bpffs_open_dir(s->stage_fd, STAGE_DROPS, O_RDONLY), count, err = 0;
	struct dirent **list;

	count = fd < 0 ? -1 : scandirat(fd, ".", &list, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		if (!err && list[i]->d_name[0] != '.')
			err = add_drop(s, fd, list[i]->d_name);
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	if (fd >= 0)
		close(fd);
	return err;
}

int displaced_find(struct displaced_maps *maps, int stage_fd, int dir_fd)
{
	struct search s = { .maps = maps, .stage_fd = stage_fd, .dir_fd = dir_fd, .top = "" };
	int egress_fd, err;

	memset(maps, 0, sizeof(*maps));
	err = pin_each(stage_fd, look_at, &s);
	egress_fd = bpffs_open_dir(stage_fd, DIRECTORY_EGRESS, O_RDONLY);
	s.top = DIRECTORY_EGRESS "/";
	if (!err && egress_fd >= 0)
		err = pin_each(egress_fd, look_at, &s);
	if (egress_fd >= 0)
		close(egress_fd);
	if (!err)
		err = look_at_drops(&s);
	if (err)
		displaced_free(maps);
	return err;
}

void displaced_free(struct displaced_maps *maps)
{
	free(maps->list);
	memset(maps, 0, sizeof(*maps));
}
