// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "objects/chain.h"
#include "pinning/load_internal.h"
#include "pinning/object_maps.h"

/* The id of the program in a slot, or 0, and its name as far as it may be asked for. */
static __u32 look_in_slot(int fd, __u32 key, char name[BPF_OBJ_NAME_LEN])
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info), id;
	int prog_fd;

	*name = '\0';
	if (bpf_map_lookup_elem(fd, &key, &id))
		return 0;
	prog_fd = bpf_prog_get_fd_by_id(id);
	if (prog_fd < 0)
		return id;
	if (!bpf_obj_get_info_by_fd(prog_fd, &info, &len))
		memcpy(name, info.name, BPF_OBJ_NAME_LEN);
	close(prog_fd);
	return id;
}

/* A program of the same name is taken for the next version of it. */
static void tell_slot(const char *map, __u32 key, int old_fd, int new_fd)
{
	char old[BPF_OBJ_NAME_LEN], new[BPF_OBJ_NAME_LEN];
	__u32 old_id = look_in_slot(old_fd, key, old), new_id = look_in_slot(new_fd, key, new);

	if (!old_id || (new_id && !strcmp(old, new)))
		return;
	if (new_id)
		note("map '%s' is made anew: in slot %u program %s (id %u) takes the place of "
		     "%s (id %u)",
		     map, key, new, new_id, *old ? old : "another", old_id);
	else
		note("map '%s' is made anew: slot %u is empty now, program %s (id %u) is not of "
		     "this object",
		     map, key, *old ? old : "without name", old_id);
}

void load_tell_lost(const struct loading *l)
{
	const struct object *object = l->object;
	const struct directory *dir = &l->dir;
	struct bpf_map_info info;
	struct bpf_map *map;

	if (!directory_has_pins(dir))
		return;
	bpf_object__for_each_map(map, object->obj) {
		const char *name = object_map_name(object, map);
		__u32 key, *previous = NULL;
		int fd;

		if (bpf_map__type(map) != BPF_MAP_TYPE_PROG_ARRAY || !object_map_counts(map))
			continue;
		fd = reuse_open_pin(dir, object->hook, name, &info);
		if (fd < 0)
			continue;
		if (info.type == BPF_MAP_TYPE_PROG_ARRAY)
			for (; !bpf_map_get_next_key(fd, previous, &key); previous = &key)
				tell_slot(name, key, fd, bpf_map__fd(map));
		close(fd);
	}
}

/* The program of the object with that id, among those that are loaded; or -1. */
static int find_prog_fd(const struct object *object, __u32 id)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, object->obj) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		int fd = bpf_program__fd(prog);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) && info.id == id)
			return fd;
	}
	return -1;
}

static int add_tail(struct loading *l, int tail_fd, __u32 array_id)
{
	struct bpf_map *map;
	int err;

	err = live_add_prog(&l->live, l->object->hook, tail_fd, array_id);
	bpf_object__for_each_map(map, l->object->obj) {
		if (!err && object_map_counts(map))
			err = live_add_map(&l->live, l->object->hook, l->prog_fd, tail_fd,
			                   bpf_map__fd(map), object_map_name(l->object, map));
	}
	return err;
}

int load_add_tails(struct loading *l)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, l->object->obj) {
		int fd = bpf_map__fd(map), tail_fd;
		__u32 key, *previous = NULL, id;
		struct bpf_map_info info;

		if (err || bpf_map__type(map) != BPF_MAP_TYPE_PROG_ARRAY || !object_map_counts(map))
			continue;
		err = map_describe(fd, &info);
		for (; !err && !bpf_map_get_next_key(fd, previous, &key); previous = &key) {
			if (bpf_map_lookup_elem(fd, &key, &id))
				continue;
			tail_fd = find_prog_fd(l->object, id);
			if (tail_fd >= 0)
				err = add_tail(l, tail_fd, info.id);
		}
		/* What others have put there: the row of a chain that the program goes on with. */
		if (!err)
			err = live_add_held(&l->live, l->object->hook, fd);
		if (err == -EPERM)
			err = 0;
	}
	return err;
}

static bool is_used(const struct live *live, enum hook hook, __u32 map_id)
{
	for (size_t i = 0; i < live->maps_len; i++)
		if (live->maps[i].hook == hook && live->maps[i].info.id == map_id)
			return true;
	return false;
}

/* The replaced program's own link, with which nothing on the hook goes on; or NULL. */
static const struct live_map *find_left_link(const struct loading *l)
{
	for (size_t i = 0; i < l->replaced.maps_len; i++) {
		const struct live_map *map = &l->replaced.maps[i];

		if (l->replaced.progs[map->prog].id == l->old->prog_id &&
		    reuse_is_for_link(&map->info, map->info.name) &&
		    !is_used(&l->live, l->object->hook, map->info.id))
			return map;
	}
	return NULL;
}

static bool is_in_row(const struct live *live, const struct live_prog *prog)
{
	for (size_t i = 0; prog->via_map && i < live->maps_len; i++)
		if (live->maps[i].info.id == prog->via_map)
			return reuse_is_for_link(&live->maps[i].info, live->maps[i].info.name);
	return false;
}

/* "xdp_acl (id 12), xdp_echo (id 13)". Returns how many stood in the row and run no more. */
static unsigned int name_left(const struct loading *l, char *text, size_t size)
{
	unsigned int count = 0;
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; i < l->replaced.progs_len; i++) {
		const struct live_prog *prog = &l->replaced.progs[i];

		if (!is_in_row(&l->replaced, prog) ||
		    live_has_prog(&l->live, l->object->hook, prog->id))
			continue;
		count++;
		if (len < size)
			len += snprintf(text + len, size - len, "%s%s (id %u)", len ? ", " : "",
			                *prog->name ? prog->name : "-", prog->id);
	}
	return count;
}

void load_tell_row_left(const struct loading *l)
{
	bool dry_run = l->options->dry_run, xdp = l->object->hook == HOOK_XDP;
	const char *hook = l->object->hook == HOOK_TC_EGRESS ? "--hook tc_egress " : "";
	const char *ifname, *old, *head = xdp ? "xdp_" CHAIN_HEAD : "tc_" CHAIN_HEAD;
	/* The kernel follows some 30 calls. */
	char names[CHAIN_PROGRAMS * (BPF_OBJ_NAME_LEN + 20)], object[32];
	const struct live_map *link;
	unsigned int count;

	link = l->old && !l->options->no_attach ? find_left_link(l) : NULL;
	count = link ? name_left(l, names, sizeof(names)) : 0;
	if (!count)
		return;
	old = l->replaced.progs[link->prog].name;
	note("the row behind program %s on %s of %s %s out of force: what follows there %s not "
	     "run: %s",
	     old, hook_name(l->object->hook), l->iface->name, dry_run ? "would be" : "is",
	     dry_run ? "would" : "does", names);
	if (dry_run || strcmp(old, head) != 0)
		return;
	ifname = cli_interface(l->iface->name);
	snprintf(object, sizeof(object), "%s.o", head);
	hint("have it back: %s %s%s %s", cli_command("load"), hook, ifname, cli_object(object));
	hint("and this program in it: %s --no-attach %s%s %s && %s %s%s insert %u %s",
	     cli_command("load"), hook, ifname, cli_word(l->object->path), cli_command("chain"),
	     xdp ? "" : "--tc ", ifname, count, cli_word(l->prog_file));
}
