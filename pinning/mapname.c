// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "pinning/mapname.h"

/* The longest name that the kernel keeps in full. */
#define KERNEL_NAME_LEN (BPF_OBJ_NAME_LEN - 1)

bool mapname_is_internal(const struct bpf_map_info *map)
{
	static const char *const sections[] = { ".rodata", ".bss", ".data", ".kconfig" };

	if (map->type != BPF_MAP_TYPE_ARRAY || map->key_size != sizeof(__u32) ||
	    map->max_entries != 1 || map->btf_key_type_id)
		return false;
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (strstr(map->name, sections[i]))
			return true;
	return false;
}

bool mapname_pinned(const struct view *pinned, const struct bpf_map_info *map, char name[NAME_SIZE])
{
	size_t len = strlen(map->name);

	for (size_t i = 0; i < pinned->len; i++) {
		const struct view_map *pin = &pinned->maps[i];

		if (pin->old_id || pin->info.id != map->id || strncmp(pin->name, map->name, len))
			continue;
		/* A name below 15 characters was kept in full. */
		if (len && len < KERNEL_NAME_LEN && pin->name[len])
			continue;
		strcpy(name, pin->name);
		return true;
	}
	return false;
}

/* The definition of a map in BTF, as far as it was given. */
struct definition {
	const char *name;
	__u32 type, key_size, value_size, max_entries;
};

/* __uint(member, N) is a pointer to an array of N ints. */
static __u32 number_of(const struct btf *btf, __u32 type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);

	if (!type || !btf_is_ptr(type))
		return 0;
	type = btf__type_by_id(btf, type->type);
	return type && btf_is_array(type) ? btf_array(type)->nelems : 0;
}

/* __type(member, T) is a pointer to T. */
static __u32 size_of(const struct btf *btf, __u32 type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);
	__s64 size;

	if (!type || !btf_is_ptr(type))
		return 0;
	size = btf__resolve_size(btf, type->type);
	return size > 0 ? (__u32)size : 0;
}

static void read_definition(const struct btf *btf, const struct btf_type *var,
                            struct definition *def)
{
	const struct btf_type *type = btf__type_by_id(btf, var->type);
	const struct btf_member *member;

	memset(def, 0, sizeof(*def));
	def->name = btf__name_by_offset(btf, var->name_off);
	if (!type || !btf_is_struct(type))
		return;
	member = btf_members(type);
	for (int i = 0; i < btf_vlen(type); i++, member++) {
		const char *name = btf__name_by_offset(btf, member->name_off);

		if (!strcmp(name, "type"))
			def->type = number_of(btf, member->type);
		else if (!strcmp(name, "key_size"))
			def->key_size = number_of(btf, member->type);
		else if (!strcmp(name, "value_size"))
			def->value_size = number_of(btf, member->type);
		else if (!strcmp(name, "max_entries"))
			def->max_entries = number_of(btf, member->type);
		else if (!strcmp(name, "key"))
			def->key_size = size_of(btf, member->type);
		else if (!strcmp(name, "value"))
			def->value_size = size_of(btf, member->type);
	}
}

/* What the definition leaves open can be anything: a loader may set it. */
static bool fits(const struct definition *def, const struct bpf_map_info *map)
{
	return (!def->type || def->type == map->type) &&
	       (!def->key_size || def->key_size == map->key_size) &&
	       (!def->value_size || def->value_size == map->value_size) &&
	       (!def->max_entries || def->max_entries == map->max_entries);
}

/* Maps of the .maps section whose name the kernel would cut to this map's. */
struct candidates {
	unsigned int same_name, same_shape;
	bool too_long;
	char by_name[NAME_SIZE], by_shape[NAME_SIZE];
};

static void consider(struct candidates *c, const struct definition *def,
                     const struct bpf_map_info *map)
{
	if (!def->name || strncmp(def->name, map->name, KERNEL_NAME_LEN))
		return;
	if (strlen(def->name) >= NAME_SIZE) {
		c->too_long = true;
		return;
	}
	c->same_name++;
	strcpy(c->by_name, def->name);
	if (!fits(def, map))
		return;
	c->same_shape++;
	strcpy(c->by_shape, def->name);
}

static void search_btf(const struct btf *btf, const struct bpf_map_info *map, struct candidates *c)
{
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *sec = btf__type_by_id(btf, id);
		const struct btf_var_secinfo *var;

		if (!btf_is_datasec(sec) ||
		    strcmp(btf__name_by_offset(btf, sec->name_off), ".maps"))
			continue;
		var = btf_var_secinfos(sec);
		for (int i = 0; i < btf_vlen(sec); i++, var++) {
			struct definition def;

			read_definition(btf, btf__type_by_id(btf, var->type), &def);
			consider(c, &def, map);
		}
	}
}

int mapname_find(const struct live_prog *prog, const struct bpf_map_info *map, char name[NAME_SIZE],
                 const char **why)
{
	struct candidates c = {};
	struct btf *btf;

	if (!*map->name) {
		*why = "it has no name in the kernel, as with iproute2's own ELF loader: --object "
		       "names it";
		return -ENOENT;
	}
	strcpy(name, map->name);
	if (strlen(map->name) < KERNEL_NAME_LEN || !prog->btf_id)
		return 0;
	btf = btf__load_from_kernel_by_id(prog->btf_id);
	if (!btf) {
		/* Half a name, once pinned, would stay. */
		*why = "the BTF of its program, which has its full name, cannot be read";
		return -errno;
	}
	search_btf(btf, map, &c);
	btf__free(btf);
	if (c.too_long) {
		*why = "its name is too long for a file name";
		return -ENAMETOOLONG;
	}
	if (c.same_name == 1)
		strcpy(name, c.by_name);
	else if (c.same_shape == 1)
		strcpy(name, c.by_shape);
	else if (c.same_name) {
		*why = "several maps of its program share the 15 letters that the kernel keeps: "
		       "--object tells them apart";
		return -ENOTUNIQ;
	}
	return 0;
}
