// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/components.h"
#include "bpffs/live_internal.h"
#include "bpffs/pin.h"

int live_put_prog(struct live *live, enum hook hook, __u32 id, __u32 via_map, __u32 via_link)
{
	struct live_prog *progs;

	for (size_t i = 0; i < live->progs_len; i++)
		if (live->progs[i].hook == hook && live->progs[i].id == id)
			return 0;
	progs = reallocarray(live->progs, live->progs_len + 1, sizeof(*progs));
	if (!progs)
		return -ENOMEM;
	live->progs = progs;
	progs[live->progs_len++] = (struct live_prog){
		.hook = hook,
		.id = id,
		.via_map = via_map,
		.via_link = via_link,
	};
	return 0;
}

/* Where in a value of this map an id of a program stands; -1 if there is none. */
static int prog_id_offset(const struct bpf_map_info *info)
{
	switch (info->type) {
	case BPF_MAP_TYPE_PROG_ARRAY: return 0;
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_DEVMAP_HASH:
	case BPF_MAP_TYPE_CPUMAP: return info->value_size == 8 ? 4 : -1;
	default: return -1;
	}
}

/* Add the programs that a map holds. */
int live_put_held(struct live *live, enum hook hook, const struct live_map *map)
{
	int offset = prog_id_offset(&map->info), fd = map->fd, err = 0;
	__u32 key, next, prog_id, map_id = map->info.id;
	void *previous = NULL;
	char value[8];

	if (offset < 0 || map->info.key_size != sizeof(key))
		return 0;
	while (!err) {
		err = bpf_map_get_next_key(fd, previous, &next);
		if (err)
			/* The latter: the map was made for writing only. */
			return err == -ENOENT || err == -EPERM ? 0 : err;
		key = next;
		previous = &key;
		if (bpf_map_lookup_elem(fd, &key, value))
			continue;
		memcpy(&prog_id, value + offset, sizeof(prog_id));
		if (prog_id)
			err = live_put_prog(live, hook, prog_id, map_id, 0);
	}
	return err;
}

bool live_has_map(const struct live *live, enum hook hook, __u32 map_id)
{
	for (size_t i = 0; i < live->maps_len; i++)
		if (live->maps[i].hook == hook && live->maps[i].info.id == map_id)
			return true;
	return false;
}

/* Take a map, whose descriptor is live's from here on, at position `at` of the list. */
int live_put_map(struct live *live, struct live_map *map, size_t at)
{
	struct live_map *maps;
	int err;

	err = map->info.id ? 0 : map_describe(map->fd, &map->info);
	maps = err ? NULL : reallocarray(live->maps, live->maps_len + 1, sizeof(*maps));
	if (!maps) {
		close(map->fd);
		return err ? err : -ENOMEM;
	}
	live->maps = maps;
	memmove(&maps[at + 1], &maps[at], (live->maps_len - at) * sizeof(*maps));
	maps[at] = *map;
	live->maps_len++;
	return 0;
}

static int add_map(struct live *live, size_t prog, __u32 map_id)
{
	struct live_map map = { .hook = live->progs[prog].hook, .prog = prog };
	int err;

	if (live_has_map(live, map.hook, map_id))
		return 0;
	map.fd = bpf_map_get_fd_by_id(map_id);
	if (map.fd < 0)
		return errno == ENOENT ? 0 : -errno;
	err = live_put_map(live, &map, live->maps_len);
	return err ? err : live_put_held(live, map.hook, &map);
}

int prog_describe(int fd, struct bpf_prog_info *info, __u32 maps[PROG_MAPS])
{
	__u32 len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	info->nr_map_ids = PROG_MAPS;
	info->map_ids = (__u64)(unsigned long)maps;
	if (bpf_obj_get_info_by_fd(fd, info, &len))
		return -errno;
	if (info->nr_map_ids > PROG_MAPS)
		info->nr_map_ids = PROG_MAPS;
	return 0;
}

/* Add the programs that replace functions of one. */
static int add_components(struct live *live, enum hook hook, __u32 prog_id)
{
	struct components all;
	int err = components_find(&all, prog_id);

	if (err)
		return err;
	for (size_t i = 0; !err && i < all.len; i++)
		err = live_put_prog(live, hook, all.list[i].prog_id, 0, all.list[i].link_id);
	components_free(&all);
	return err;
}

static int look_at(struct live *live, size_t prog)
{
	struct bpf_prog_info info;
	__u32 maps[PROG_MAPS];
	int fd, err;

	fd = bpf_prog_get_fd_by_id(live->progs[prog].id);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	err = prog_describe(fd, &info, maps);
	close(fd);
	if (err)
		return err;
	memcpy(live->progs[prog].name, info.name, sizeof(live->progs[prog].name));
	live->progs[prog].btf_id = info.btf_id;
	for (__u32 i = 0; !err && i < info.nr_map_ids; i++)
		err = add_map(live, prog, maps[i]);
	/* A program of one function has none to replace, and spares us asking for every link. */
	if (!err && info.nr_func_info > 1)
		err = add_components(live, live->progs[prog].hook, live->progs[prog].id);
	return err;
}

int live_query(struct live *live, const struct attachments *attached)
{
	size_t done = 0;
	int err = 0;

	memset(live, 0, sizeof(*live));
	for (int hook = 0; hook < HOOKS; hook++) {
		for (size_t i = 0; !err && i < attached->len; i++)
			if (attached->list[i].hook == (enum hook)hook)
				err = live_put_prog(live, hook, attached->list[i].prog_id, 0, 0);
		/* The list grows while the maps of its programs turn up others. */
		for (; !err && done < live->progs_len; done++)
			err = look_at(live, done);
	}
	if (err)
		live_free(live);
	return err;
}

int live_add_prog(struct live *live, enum hook hook, int prog_fd, __u32 via_map)
{
	struct bpf_prog_info info;
	__u32 maps[PROG_MAPS];
	struct live_prog *prog;
	int err;

	err = prog_describe(prog_fd, &info, maps);
	if (!err)
		err = live_put_prog(live, hook, info.id, via_map, 0);
	if (err)
		return err;
	prog = &live->progs[live->progs_len - 1];
	memcpy(prog->name, info.name, sizeof(prog->name));
	prog->btf_id = info.btf_id;
	return 0;
}

int live_add_held(struct live *live, enum hook hook, int map_fd)
{
	struct live_map map = { .hook = hook, .fd = map_fd };
	size_t done = live->progs_len;
	int err;

	err = map_describe(map_fd, &map.info);
	if (!err)
		err = live_put_held(live, hook, &map);
	for (; !err && done < live->progs_len; done++)
		err = look_at(live, done);
	return err;
}

int live_add_map(struct live *live, enum hook hook, int prog_fd, int user_fd, int map_fd,
                 const char *name)
{
	struct live_map map = { .hook = hook };
	struct bpf_prog_info info;
	__u32 maps[PROG_MAPS];
	bool used = false;
	size_t at = 0;
	int err;

	err = prog_describe(user_fd, &info, maps);
	if (!err)
		err = map_describe(map_fd, &map.info);
	if (err)
		return err;
	for (__u32 i = 0; i < info.nr_map_ids; i++)
		used |= maps[i] == map.info.id;
	if (!used)
		return 0;
	err = user_fd == prog_fd ? 0 : prog_describe(prog_fd, &info, maps);
	if (err)
		return err;
	while (map.prog < live->progs_len &&
	       (live->progs[map.prog].hook != hook || live->progs[map.prog].id != info.id))
		map.prog++;
	if (map.prog == live->progs_len)
		return -ENOENT;
	for (size_t i = 0; i < live->maps_len; i++)
		if (live->maps[i].hook == hook && live->maps[i].prog == map.prog &&
		    live->maps[i].info.id == map.info.id)
			return 0;
	/* Before the maps of the hook's other programs, which then give way to it. */
	while (at < live->maps_len &&
	       (live->maps[at].hook < hook ||
	        (live->maps[at].hook == hook && live->maps[at].prog == map.prog)))
		at++;
	snprintf(map.name, sizeof(map.name), "%s", name);
	map.fd = fcntl(map_fd, F_DUPFD_CLOEXEC, 3);
	return map.fd < 0 ? -errno : live_put_map(live, &map, at);
}

int live_borrow(struct live *live, const struct live *from)
{
	*live = (struct live){ .progs_len = from->progs_len, .maps_len = from->maps_len };
	live->progs = calloc(from->progs_len + 1, sizeof(*live->progs));
	live->maps = calloc(from->maps_len + 1, sizeof(*live->maps));
	if (!live->progs || !live->maps) {
		live->maps_len = 0;
		live_free(live);
		return -ENOMEM;
	}
	memcpy(live->progs, from->progs, from->progs_len * sizeof(*live->progs));
	for (size_t i = 0; i < from->maps_len; i++) {
		live->maps[i] = from->maps[i];
		live->maps[i].borrowed = true;
	}
	return 0;
}

void live_free(struct live *live)
{
	for (size_t i = 0; i < live->maps_len; i++)
		if (!live->maps[i].borrowed)
			close(live->maps[i].fd);
	free(live->maps);
	free(live->progs);
	memset(live, 0, sizeof(*live));
}

const struct live_prog *live_user(const struct live *live, enum hook hook, __u32 map_id)
{
	for (size_t i = 0; i < live->maps_len; i++)
		if (live->maps[i].hook == hook && live->maps[i].info.id == map_id)
			return &live->progs[live->maps[i].prog];
	return NULL;
}

int live_map_fd(const struct live *live, __u32 map_id)
{
	for (size_t i = 0; i < live->maps_len; i++)
		if (live->maps[i].info.id == map_id)
			return live->maps[i].fd;
	return -1;
}

bool live_has_prog(const struct live *live, enum hook hook, __u32 prog_id)
{
	for (size_t i = 0; i < live->progs_len; i++)
		if (live->progs[i].id == prog_id && (hook == HOOKS || live->progs[i].hook == hook))
			return true;
	return false;
}
