// SPDX-License-Identifier: GPL-2.0-or-later
/* The maps of the old dialect, as their structures define them, described in BTF. */
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "pinning/legacy_internal.h"

/* Both old structures begin with these; bpf_elf_map goes on with ids of inner maps and pinning. */
struct legacy_map {
	__u32 type, key_size, value_size, max_entries, flags;
};

/* Words of struct bpf_elf_map: by the id sections name a program array, the others make a map part
 * of another one. */
enum {
	WORD_ID = 5,
	WORD_INNER_ID = 7,
	WORD_INNER_IDX = 8,
};

/* The symbols of the maps section, by their place in it. */
int legacy_find_maps(struct conversion *c)
{
	Elf_Data *symbols = c->symtab ? elf_getdata(c->symtab, NULL) : NULL;
	GElf_Sym sym, other;

	if (!symbols)
		return legacy_unreadable(c, -EINVAL, "it has no symbols");
	for (size_t i = 0; gelf_getsym(symbols, i, &sym); i++) {
		size_t at = c->len;

		if (sym.st_shndx != c->maps_index || GELF_ST_TYPE(sym.st_info) == STT_SECTION)
			continue;
		if (c->len == CONVERSION_MAPS_MAX)
			return legacy_unreadable(c, -E2BIG, "too many maps");
		for (; at && gelf_getsym(symbols, c->symbols[at - 1], &other) &&
		       other.st_value > sym.st_value;
		     at--)
			c->symbols[at] = c->symbols[at - 1];
		c->symbols[at] = i;
		c->len++;
	}
	return c->len ? 0 : legacy_unreadable(c, -EINVAL, "its section has no map");
}

static int note_id(struct legacy_ids *ids, const char *name, __u32 id)
{
	struct legacy_id *list = reallocarray(ids->list, ids->len + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	ids->list = list;
	list[ids->len].id = id;
	list[ids->len].name = strdup(name);
	return list[ids->len++].name ? 0 : -ENOMEM;
}

void legacy_ids_free(struct legacy_ids *ids)
{
	for (size_t i = 0; i < ids->len; i++)
		free(ids->list[i].name);
	free(ids->list);
	memset(ids, 0, sizeof(*ids));
}

static int add_map(struct btf *btf, int int_id, const char *name, const struct legacy_map *map)
{
	const struct {
		const char *name;
		__u32 value;
	} attributes[] = {
		{ "type", map->type },
		{ "key_size", map->key_size },
		{ "value_size", map->value_size },
		{ "max_entries", map->max_entries },
		{ "map_flags", map->flags },
	};
	int ids[5], id, err = 0;

	/* Each is __uint(name, value) as clang writes it. Types that a struct's members use come
	 * before it. */
	for (int i = 0; i < 5; i++) {
		id = btf__add_array(btf, int_id, int_id, attributes[i].value);
		ids[i] = id < 0 ? id : btf__add_ptr(btf, id);
		if (ids[i] < 0)
			return ids[i];
	}
	id = btf__add_struct(btf, NULL, BTF_MAP_SIZE);
	for (int i = 0; id > 0 && !err && i < 5; i++)
		err = btf__add_field(btf, attributes[i].name, ids[i], i * 64, 0);
	if (id < 0 || err)
		return err ? err : id;
	return btf__add_var(btf, name, BTF_VAR_GLOBAL_ALLOCATED, id);
}

/* Read one definition; maps inside maps need more than one map to be right. */
static int read_map(struct conversion *c, const Elf_Data *data, const GElf_Sym *sym, size_t size,
                    const char *name, struct legacy_map *map)
{
	__u32 words[9] = {};

	if (size < sizeof(*map) || size > data->d_size || sym->st_value > data->d_size - size)
		return legacy_unreadable(c, -EINVAL, "a definition is too short");
	memcpy(words, (char *)data->d_buf + sym->st_value,
	       size < sizeof(words) ? size : sizeof(words));
	memcpy(map, words, sizeof(*map));
	if (size != sizeof(words))
		return 0;
	if (words[WORD_INNER_ID] || words[WORD_INNER_IDX])
		return legacy_unreadable(c, -EOPNOTSUPP, "maps inside maps are not supported");
	return note_id(c->ids, name, words[WORD_ID]) ? legacy_unreadable(c, -ENOMEM, "no memory")
	                                             : 0;
}

int legacy_make_btf(struct conversion *c)
{
	Elf_Data *symbols = elf_getdata(c->symtab, NULL), *data = elf_getdata(c->maps, NULL);
	int vars[CONVERSION_MAPS_MAX], int_id, err = 0;
	size_t size = data ? data->d_size / c->len : 0;
	struct legacy_map map = {};
	GElf_Sym sym;

	if (!data || !data->d_buf)
		return legacy_unreadable(c, -EINVAL, "its section is empty");
	c->btf = btf__new_empty();
	if (!c->btf)
		return legacy_unreadable(c, -errno, "no memory for BTF");
	int_id = btf__add_int(c->btf, "int", 4, BTF_INT_SIGNED);
	for (size_t i = 0; i < c->len; i++) {
		const char *name;

		gelf_getsym(symbols, c->symbols[i], &sym);
		name = elf_strptr(c->elf, c->strtab_index, sym.st_name);
		if (!name)
			return legacy_unreadable(c, -EINVAL, "a map has no name");
		err = read_map(c, data, &sym, size, name, &map);
		if (err)
			return err;
		vars[i] = add_map(c->btf, int_id, name, &map);
		if (vars[i] < 0)
			return legacy_unreadable(c, vars[i], "cannot describe a map in BTF");
	}
	err = btf__add_datasec(c->btf, ".maps", c->len * BTF_MAP_SIZE);
	for (size_t i = 0; err > 0 && i < c->len; i++)
		if (btf__add_datasec_var_info(c->btf, vars[i], i * BTF_MAP_SIZE, BTF_MAP_SIZE))
			err = -ENOMEM;
	return err < 0 ? legacy_unreadable(c, err, "cannot describe the maps in BTF") : 0;
}
