// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/pin.h"
#include "pinning/outers.h"
#include "pinning/shape.h"

typedef int (*visit_fn)(const void *key, __u32 id, void *arg);

static int each_of_array(int fd, const struct bpf_map_info *info, visit_fn visit, void *arg)
{
	int err = 0;
	__u32 id;

	for (__u32 key = 0; !err && key < info->max_entries; key++)
		if (!bpf_map_lookup_elem(fd, &key, &id))
			err = visit(&key, id, arg);
	return err;
}

static int each_of_hash(int fd, const struct bpf_map_info *info, visit_fn visit, void *arg)
{
	void *key = calloc(1, info->key_size), *next = calloc(1, info->key_size);
	int err = key && next ? 0 : -ENOMEM;
	bool more = !err && !bpf_map_get_next_key(fd, NULL, key);
	__u32 id;

	while (!err && more) {
		more = !bpf_map_get_next_key(fd, key, next);
		if (!bpf_map_lookup_elem(fd, key, &id))
			err = visit(key, id, arg);
		memcpy(key, next, info->key_size);
	}
	free(key);
	free(next);
	return err;
}

/* Visit each slot that has a map, until visit() returns anything but 0, which is then returned. */
static int each_slot(int fd, const struct bpf_map_info *info, visit_fn visit, void *arg)
{
	return info->type == BPF_MAP_TYPE_ARRAY_OF_MAPS ? each_of_array(fd, info, visit, arg)
	                                                : each_of_hash(fd, info, visit, arg);
}

static int is_id(const void *key, __u32 id, void *arg)
{
	(void)key;
	return id == *(__u32 *)arg;
}

int outer_has(int outer_fd, const struct bpf_map_info *outer, __u32 map_id)
{
	return each_slot(outer_fd, outer, is_id, &map_id);
}

int outer_id_has(__u32 outer_id, __u32 map_id)
{
	int fd = bpf_map_get_fd_by_id(outer_id), ret;
	struct bpf_map_info info;

	if (fd < 0)
		return -errno;
	ret = map_describe(fd, &info);
	if (!ret)
		ret = shape_holds_maps(info.type) ? outer_has(fd, &info, map_id) : 0;
	close(fd);
	return ret;
}

bool outer_live_uses(const struct live *live, __u32 map_id)
{
	for (size_t i = 0; i < live->maps_len; i++) {
		const struct live_map *map = &live->maps[i];

		if (map->info.id == map_id || (shape_holds_maps(map->info.type) &&
		                               outer_has(map->fd, &map->info, map_id) == 1))
			return true;
	}
	return false;
}

struct slot_exchange {
	int fd, new_fd;
	__u32 old_id;
	__u64 flags;
	int done;
};

static int exchange(const void *key, __u32 id, void *arg)
{
	struct slot_exchange *x = arg;

	if (id != x->old_id)
		return 0;
	/* The kernel returns once no packet is on its way through the old one. */
	if (bpf_map_update_elem(x->fd, key, &x->new_fd, x->flags))
		return -errno;
	x->done++;
	return 0;
}

int outer_exchange(int outer_fd, const struct bpf_map_info *outer, __u32 old_id, int new_fd)
{
	struct slot_exchange x = { .fd = outer_fd, .new_fd = new_fd, .old_id = old_id };
	int err;

	/* An array takes no such flag, and nobody can take a slot away from it. */
	if (outer->type == BPF_MAP_TYPE_HASH_OF_MAPS)
		x.flags = BPF_EXIST;
	err = each_slot(outer_fd, outer, exchange, &x);

	return err ? err : x.done;
}

/* Lists double: there may be very many. */
static int append(__u32 **ids, size_t *len, __u32 id)
{
	__u32 *list;

	if (!(*len & (*len - 1))) {
		list = reallocarray(*ids, *len ? *len * 2 : 1, sizeof(*list));
		if (!list)
			return -ENOMEM;
		*ids = list;
	}
	(*ids)[(*len)++] = id;
	return 0;
}

static bool contains(const __u32 *ids, size_t len, __u32 id)
{
	for (size_t i = 0; i < len; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static int add_inside(const void *key, __u32 id, void *arg)
{
	struct outer *outer = arg;

	(void)key;
	return append(&outer->inside, &outer->len, id);
}

static int add_outer(struct outers *outers, int fd, const struct bpf_map_info *info)
{
	struct outer *list = reallocarray(outers->list, outers->len + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	outers->list = list;
	list += outers->len++;
	*list = (struct outer){ .id = info->id };
	memcpy(list->name, info->name, sizeof(list->name));
	return each_slot(fd, info, add_inside, list);
}

static int look_at(struct outers *outers, __u32 id)
{
	int fd = bpf_map_get_fd_by_id(id), err;
	struct bpf_map_info info;

	/* It may have gone meanwhile. */
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	err = map_describe(fd, &info);
	if (!err && shape_holds_maps(info.type))
		err = add_outer(outers, fd, &info);
	close(fd);
	return err;
}

int outers_add(struct outers *outers, const __u32 *maps, size_t len)
{
	int err = 0;

	for (size_t i = 0; !err && i < len; i++) {
		if (contains(outers->seen, outers->seen_len, maps[i]))
			continue;
		err = append(&outers->seen, &outers->seen_len, maps[i]);
		if (!err)
			err = look_at(outers, maps[i]);
	}
	return err;
}

void outers_free(struct outers *outers)
{
	for (size_t i = 0; i < outers->len; i++)
		free(outers->list[i].inside);
	free(outers->list);
	free(outers->seen);
	memset(outers, 0, sizeof(*outers));
}

const struct outer *outers_find(const struct outers *outers, const __u32 *maps, size_t len,
                                __u32 map_id)
{
	for (size_t i = 0; i < outers->len; i++)
		for (size_t j = 0; j < len; j++)
			if (maps[j] == outers->list[i].id &&
			    contains(outers->list[i].inside, outers->list[i].len, map_id))
				return &outers->list[i];
	return NULL;
}
