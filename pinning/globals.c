// SPDX-License-Identifier: GPL-2.0-or-later
/* Which internal maps there are, in the object and in the program that it replaces. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/pin.h"
#include "pinning/globals.h"
#include "pinning/mapname.h"

/* Constants belong to the object; programs cannot write them. */
static bool is_constant(const char *name)
{
	return strstr(name, ".rodata") || strstr(name, ".kconfig");
}

static int list_maps(struct globals *g, const struct mismatches *how)
{
	struct bpf_map_info info;
	struct bpf_map *map;
	int err = 0;

	g->list = calloc(g->object->maps_len + 1, sizeof(*g->list));
	if (!g->list)
		return -ENOMEM;
	bpf_object__for_each_map(map, g->object->obj) {
		const char *name = object_map_name(g->object, map);

		if (err || !object_map_is_internal(map))
			continue;
		err = map_describe(bpf_map__fd(map), &info);
		g->list[g->len++] = (struct global_map){
			.map = map,
			.name = name,
			.id = info.id,
			.carry = how && mismatch_of(how, name) == MISMATCH_MIGRATE,
		};
	}
	return err;
}

/* The name of the section: in full in BTF, and behind a piece of the object's in the kernel. */
static void section_name(const struct bpf_map_info *info, char *name, size_t size)
{
	struct btf *btf = info->btf_id ? btf__load_from_kernel_by_id(info->btf_id) : NULL;
	const struct btf_type *type = btf ? btf__type_by_id(btf, info->btf_value_type_id) : NULL;
	const char *dot = strchr(info->name, '.');

	if (type && btf_is_datasec(type))
		dot = btf__name_by_offset(btf, type->name_off);
	snprintf(name, size, "%s", dot ? dot : info->name);
	btf__free(btf);
}

static struct global_map *find_map(struct globals *g, const char *name)
{
	for (size_t i = 0; i < g->len; i++)
		if (!strcmp(g->list[i].name, name))
			return &g->list[i];
	return NULL;
}

static void add_up(struct global_values *all, const struct global_values *one)
{
	all->carried += one->carried;
	all->lost += one->lost;
	all->alike += one->alike;
	all->unfit += one->unfit;
	if (*one->names)
		global_values_name(all, one->names);
}

static int compare_map(struct globals *g, const struct live_map *old, bool write)
{
	struct global_values values = {};
	struct global_map *one;
	char name[NAME_SIZE];
	int err;

	section_name(&old->info, name, sizeof(name));
	if (is_constant(name))
		return 0;
	one = find_map(g, name);
	err = global_values_compare(g->object, one ? one->map : NULL, old->fd, one && one->carry,
	                            write && one && one->carry, &values);
	if (err)
		return err;
	add_up(&g->all, &values);
	if (one) {
		one->old_id = old->info.id;
		add_up(&one->values, &values);
	}
	return 0;
}

static int compare(struct globals *g, bool write)
{
	int err = 0;

	memset(&g->all, 0, sizeof(g->all));
	for (size_t i = 0; i < g->len; i++)
		memset(&g->list[i].values, 0, sizeof(g->list[i].values));
	for (size_t i = 0; !err && i < g->old.maps_len; i++)
		if (!*g->old.maps[i].name && mapname_is_internal(&g->old.maps[i].info))
			err = compare_map(g, &g->old.maps[i], write);
	return err;
}

int globals_find(struct globals *g, const struct object *object, const struct attachment *old,
                 const struct mismatches *how)
{
	struct attachment one;
	int err;

	memset(g, 0, sizeof(*g));
	g->object = object;
	err = list_maps(g, how);
	if (err || !old)
		return err;
	one = *old;
	err = live_query(&g->old, &(struct attachments){ .list = &one, .len = 1 });
	return err ? err : compare(g, false);
}

bool globals_old_has_none(const struct globals *g)
{
	for (size_t i = 0; i < g->old.maps_len; i++)
		if (!*g->old.maps[i].name && mapname_is_internal(&g->old.maps[i].info))
			return false;
	return g->old.progs_len > 0;
}

int globals_carry(struct globals *g)
{
	bool any = false;

	for (size_t i = 0; i < g->len; i++)
		any = any || (g->list[i].carry && g->list[i].old_id);
	return any ? compare(g, true) : 0;
}

void globals_free(struct globals *g)
{
	live_free(&g->old);
	free(g->list);
	memset(g, 0, sizeof(*g));
}
