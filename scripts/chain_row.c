// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "scripts/chain_row.h"
#include "scripts/config_apart.h"
#include "scripts/config_use.h"

#define PROGRAM_MAPS 64

const char *row_link_suffix(const struct row *row)
{
	return row->tc ? CHAIN_TC_LINK : CHAIN_XDP_LINK;
}

static const char *counter_suffix(const struct row *row)
{
	return row->tc ? CHAIN_TC_COUNTER : CHAIN_XDP_COUNTER;
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	return len > end && !strcmp(name + len - end, suffix);
}

static const struct view_map *find_id(const struct row *row, __u32 id)
{
	for (size_t i = 0; i < row->view.len; i++)
		if (view_is_in_place(&row->view, &row->view.maps[i]) &&
		    row->view.maps[i].info.id == id)
			return &row->view.maps[i];
	return NULL;
}

static const struct view_map *find_name(const struct row *row, const char *name)
{
	for (size_t i = 0; i < row->view.len; i++)
		if (view_is_in_place(&row->view, &row->view.maps[i]) &&
		    !strcmp(row->view.maps[i].name, name))
			return &row->view.maps[i];
	return NULL;
}

/* What a link and a counter must be, whatever they are called. */
struct shape {
	struct config_map map;
	__u32 entries;
};

static const struct shape link_shape = {
	.map = { NULL, BPF_MAP_TYPE_PROG_ARRAY, sizeof(__u32), sizeof(__u32) },
	.entries = 1,
};
static const struct shape counter_shape = {
	.map = { NULL, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(__u32), sizeof(struct stats_record) },
	.entries = CHAIN_COUNTERS,
};

static bool has_shape(const struct bpf_map_info *info, const struct shape *shape)
{
	return info->type == shape->map.type && info->key_size == shape->map.key_size &&
	       info->value_size == shape->map.value_size && info->max_entries == shape->entries;
}

/* Is the map of this shape? Others may use such a name as well. */
static void take_map(const struct row *row, const struct view_map *map, struct member *m)
{
	if (ends_in(map->name, row_link_suffix(row)) && has_shape(&map->info, &link_shape))
		m->link_fd = map->fd;
	if (ends_in(map->name, counter_suffix(row)) && has_shape(&map->info, &counter_shape))
		m->counter_fd = map->fd;
}

/* A map of the head, -1 if there is none. Another map that lies there is refused, and reported. */
static int head_map(const struct row *row, const char *suffix, const struct shape *shape, int *fd)
{
	struct config_map wanted = shape->map;
	const struct view_map *map;
	char name[64];

	*fd = -1;
	snprintf(name, sizeof(name), "%s%s", CHAIN_HEAD, suffix);
	wanted.name = name;
	map = find_name(row, name);
	if (!map)
		return 0;
	if (config_check_map(row->config, &wanted, &map->info))
		return -EINVAL;
	if (map->info.max_entries != shape->entries)
		return rejected(-EINVAL,
		                "cannot use map '%s' of %s: it has %u entries; expected %u", name,
		                row->config->iface.name, map->info.max_entries, shape->entries);
	*fd = map->fd;
	return 0;
}

int member_describe(const struct row *row, int fd, struct member *m)
{
	__u32 ids[PROGRAM_MAPS] = {}, len = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = { .map_ids = (__u64)(unsigned long)ids,
		                      .nr_map_ids = PROGRAM_MAPS };
	const struct view_map *map;

	if (bpf_obj_get_info_by_fd(fd, &info, &len)) {
		int err = failed(-errno, "cannot query a program of %s", row->config->iface.name);

		close(fd);
		return err;
	}
	*m = (struct member){
		.id = info.id, .type = info.type, .prog_fd = fd, .link_fd = -1, .counter_fd = -1
	};
	memcpy(m->name, info.name, sizeof(m->name));
	for (__u32 i = 0; i < info.nr_map_ids && i < PROGRAM_MAPS; i++) {
		map = find_id(row, ids[i]);
		if (map)
			take_map(row, map, m);
	}
	return 0;
}

int member_find_stray(const struct row *row, const struct member *m, char link[BPF_OBJ_NAME_LEN])
{
	__u32 ids[PROGRAM_MAPS] = {}, len = sizeof(struct bpf_prog_info);
	struct bpf_prog_info prog = { .map_ids = (__u64)(unsigned long)ids,
		                      .nr_map_ids = PROGRAM_MAPS };
	struct bpf_map_info map;
	int fd, err;

	*link = '\0';
	if (bpf_obj_get_info_by_fd(m->prog_fd, &prog, &len))
		return failed(-errno, "cannot query program %s", m->name);
	for (__u32 i = 0; i < prog.nr_map_ids && i < PROGRAM_MAPS; i++) {
		if (find_id(row, ids[i]))
			continue;
		fd = bpf_map_get_fd_by_id(ids[i]);
		err = fd < 0 ? -errno : map_describe(fd, &map);
		if (fd >= 0)
			close(fd);
		if (err) {
			failed(err, "cannot query a map of program %s", m->name);
			if (err == -EPERM)
				access_hint("CAP_SYS_ADMIN: maps are opened by id");
			return err;
		}
		if (ends_in(map.name, row_link_suffix(row)) && has_shape(&map, &link_shape)) {
			memcpy(link, map.name, BPF_OBJ_NAME_LEN);
			return 0;
		}
	}
	return 0;
}

static int follow(struct row *row)
{
	struct member *last;
	__u32 zero = 0, id;
	int fd, err;

	for (;;) {
		last = &row->member[row->len - 1];
		if (last->link_fd < 0)
			return 0;
		if (bpf_map_lookup_elem(last->link_fd, &zero, &id))
			return errno == ENOENT
			               ? 0
			               : failed(-errno, "cannot read the link of %s", last->name);
		if (row->len > CHAIN_PROGRAMS)
			return rejected(-ELOOP, "cannot follow more than %d programs of %s",
			                CHAIN_PROGRAMS, row->config->iface.name);
		fd = bpf_prog_get_fd_by_id(id);
		if (fd < 0) {
			failed(fd, "cannot open program id %u of %s", id, row->config->iface.name);
			if (fd == -EPERM)
				access_hint("CAP_SYS_ADMIN: programs are opened by id");
			return fd;
		}
		err = member_describe(row, fd, &row->member[row->len]);
		if (err)
			return err;
		row->len++;
	}
}

/* Whether the program that runs follows this row, and each head that does. */
static void check_use(const struct row *row)
{
	const struct view_map *map;

	for (size_t i = 0; i < row->view.len; i++) {
		map = &row->view.maps[i];
		if (!view_is_in_place(&row->view, map) || map->fd != row->member[0].link_fd)
			continue;
		config_use_check(row->config, map->name, map->info.id);
		if (config_use_may_say(row->config))
			config_apart_check(row->config, map->name, map->info.id, false);
	}
}

/* Another loader puts a new link in the place of the head's; that of before keeps the row. */
static void look_for_former(const struct row *row)
{
	__u32 zero = 0, id;

	for (size_t i = 0; i < row->view.len; i++) {
		const struct view_map *map = &row->view.maps[i];
		size_t len = strlen(CHAIN_HEAD);

		if (!map->old_id || strncmp(map->name, CHAIN_HEAD, len) ||
		    strcmp(map->name + len, row_link_suffix(row)) ||
		    !has_shape(&map->info, &link_shape) || bpf_map_lookup_elem(map->fd, &zero, &id))
			continue;
		note("the row of %s is empty: its head was loaded anew, and that of before led to "
		     "program id %u",
		     row->config->iface.name, id);
		hint("bring that row over: %s --carry %s", cli_command("pin_maps"),
		     cli_interface(row->config->iface.name));
		return;
	}
}

int row_open(struct row *row, const struct config *config, bool tc, enum config_access access)
{
	struct member *head = &row->member[0];
	char object[16];
	int err;

	memset(row, 0, sizeof(*row));
	row->config = config;
	row->tc = tc;
	err = view_open(&row->view, &config->dir, NULL, 0,
	                access == CONFIG_READ ? BPF_F_RDONLY : 0);
	if (err)
		return err;
	*head = (struct member){ .name = "head", .prog_fd = -1 };
	row->len = 1;
	err = head_map(row, row_link_suffix(row), &link_shape, &head->link_fd);
	if (!err)
		err = head_map(row, counter_suffix(row), &counter_shape, &head->counter_fd);
	if (err) {
		row_close(row);
		return err;
	}
	if (head->link_fd >= 0) {
		check_use(row);
		err = follow(row);
		if (!err && row->len == 1)
			look_for_former(row);
	} else {
		err = rejected(-ENOENT, "cannot find map '%s%s' of %s in %s", CHAIN_HEAD,
		               row_link_suffix(row), config->iface.name, config->dir.path);
		snprintf(object, sizeof(object), "%s_chain.o", tc ? "tc" : "xdp");
		hint("load the head of the row first: %s %s %s", cli_command("load"),
		     cli_interface(config->iface.name), cli_object(object));
	}
	if (err)
		row_close(row);
	return err;
}

void row_close(struct row *row)
{
	for (size_t i = 1; i < row->len; i++)
		close(row->member[i].prog_fd);
	view_close(&row->view);
}
