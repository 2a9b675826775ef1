// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "pinning/legacy.h"

#define MAPS_MAX 256

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

/* A BTF-defined map is a struct of pointers, one for each attribute. */
#define BTF_MAP_SIZE (5 * sizeof(__u64))

static const char new_names[] = "\0.maps\0.BTF";
#define NAME_OF_MAPS 1
#define NAME_OF_BTF  7

struct conversion {
	const char *path;
	Elf *elf;
	Elf_Scn *maps, *symtab;
	size_t maps_index, strtab_index;
	char *section_names; /* the new string table of section names */
	size_t names_base;   /* where new_names begins in it */
	void *maps_bytes;
	struct btf *btf;
	size_t symbols[MAPS_MAX]; /* in the symbol table, in the order of the maps */
	size_t len;
	struct legacy_ids *ids;
};

static int refuse(const struct conversion *c, int err, const char *why)
{
	return failed(err, "cannot read the old map definitions of %s: %s", c->path, why);
}

static int find_sections(struct conversion *c)
{
	Elf_Scn *scn = NULL;
	size_t names;
	GElf_Shdr shdr;

	if (elf_getshdrstrndx(c->elf, &names))
		return -EINVAL;
	while ((scn = elf_nextscn(c->elf, scn))) {
		const char *name;

		if (!gelf_getshdr(scn, &shdr))
			return -EINVAL;
		name = elf_strptr(c->elf, names, shdr.sh_name);
		if (name && !strcmp(name, "maps")) {
			c->maps = scn;
			c->maps_index = elf_ndxscn(scn);
		} else if (shdr.sh_type == SHT_SYMTAB) {
			c->symtab = scn;
			c->strtab_index = shdr.sh_link;
		}
	}
	return c->maps ? 0 : -ENOENT;
}

bool legacy_is_object(const char *path)
{
	struct conversion c = { .path = path };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool found;

	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	c.elf = elf_begin(fd, ELF_C_READ, NULL);
	found = c.elf && elf_kind(c.elf) == ELF_K_ELF && !find_sections(&c);
	elf_end(c.elf);
	close(fd);
	return found;
}

/* The symbols of the maps section, by their place in it. */
static int find_maps(struct conversion *c)
{
	Elf_Data *symbols = c->symtab ? elf_getdata(c->symtab, NULL) : NULL;
	GElf_Sym sym, other;

	if (!symbols)
		return refuse(c, -EINVAL, "it has no symbols");
	for (size_t i = 0; gelf_getsym(symbols, i, &sym); i++) {
		size_t at = c->len;

		if (sym.st_shndx != c->maps_index || GELF_ST_TYPE(sym.st_info) == STT_SECTION)
			continue;
		if (c->len == MAPS_MAX)
			return refuse(c, -E2BIG, "too many maps");
		for (; at && gelf_getsym(symbols, c->symbols[at - 1], &other) &&
		       other.st_value > sym.st_value;
		     at--)
			c->symbols[at] = c->symbols[at - 1];
		c->symbols[at] = i;
		c->len++;
	}
	return c->len ? 0 : refuse(c, -EINVAL, "its section has no map");
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
		return refuse(c, -EINVAL, "a definition is too short");
	memcpy(words, (char *)data->d_buf + sym->st_value,
	       size < sizeof(words) ? size : sizeof(words));
	memcpy(map, words, sizeof(*map));
	if (size != sizeof(words))
		return 0;
	if (words[WORD_INNER_ID] || words[WORD_INNER_IDX])
		return refuse(c, -EOPNOTSUPP, "maps inside maps are not supported");
	return note_id(c->ids, name, words[WORD_ID]) ? refuse(c, -ENOMEM, "no memory") : 0;
}

static int make_btf(struct conversion *c)
{
	Elf_Data *symbols = elf_getdata(c->symtab, NULL), *data = elf_getdata(c->maps, NULL);
	int vars[MAPS_MAX], int_id, err = 0;
	size_t size = data ? data->d_size / c->len : 0;
	struct legacy_map map = {};
	GElf_Sym sym;

	if (!data || !data->d_buf)
		return refuse(c, -EINVAL, "its section is empty");
	c->btf = btf__new_empty();
	if (!c->btf)
		return refuse(c, -errno, "no memory for BTF");
	int_id = btf__add_int(c->btf, "int", 4, BTF_INT_SIGNED);
	for (size_t i = 0; i < c->len; i++) {
		const char *name;

		gelf_getsym(symbols, c->symbols[i], &sym);
		name = elf_strptr(c->elf, c->strtab_index, sym.st_name);
		if (!name)
			return refuse(c, -EINVAL, "a map has no name");
		err = read_map(c, data, &sym, size, name, &map);
		if (err)
			return err;
		vars[i] = add_map(c->btf, int_id, name, &map);
		if (vars[i] < 0)
			return refuse(c, vars[i], "cannot describe a map in BTF");
	}
	err = btf__add_datasec(c->btf, ".maps", c->len * BTF_MAP_SIZE);
	for (size_t i = 0; err > 0 && i < c->len; i++)
		if (btf__add_datasec_var_info(c->btf, vars[i], i * BTF_MAP_SIZE, BTF_MAP_SIZE))
			err = -ENOMEM;
	return err < 0 ? refuse(c, err, "cannot describe the maps in BTF") : 0;
}

/* Names for the new sections go behind those that are there. */
static int extend_names(struct conversion *c)
{
	Elf_Data *data;
	size_t index;

	if (elf_getshdrstrndx(c->elf, &index))
		return -EINVAL;
	data = elf_getdata(elf_getscn(c->elf, index), NULL);
	if (!data || !data->d_buf)
		return -EINVAL;
	c->section_names = malloc(data->d_size + sizeof(new_names));
	if (!c->section_names)
		return -ENOMEM;
	memcpy(c->section_names, data->d_buf, data->d_size);
	memcpy(c->section_names + data->d_size, new_names, sizeof(new_names));
	c->names_base = data->d_size;
	data->d_buf = c->section_names;
	data->d_size += sizeof(new_names);
	elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	return 0;
}

/* Hide the BTF that describes the old structures: ".BTF" becomes "BTF", and so on. */
static int hide_btf(struct conversion *c)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(c->elf, scn))) {
		const char *name;

		if (!gelf_getshdr(scn, &shdr))
			return -EINVAL;
		if (shdr.sh_name >= c->names_base)
			return -EINVAL;
		name = c->section_names + shdr.sh_name;
		if (strncmp(name, ".BTF", 4) && strncmp(name, ".rel.BTF", 8))
			continue;
		shdr.sh_name++;
		if (!gelf_update_shdr(scn, &shdr))
			return -EINVAL;
	}
	return 0;
}

/* The section that libbpf looks for, with a struct of pointers for each map. */
static int rewrite_maps(struct conversion *c)
{
	Elf_Data *symbols = elf_getdata(c->symtab, NULL), *data = elf_getdata(c->maps, NULL);
	GElf_Shdr shdr;
	GElf_Sym sym;

	c->maps_bytes = calloc(c->len, BTF_MAP_SIZE);
	if (!c->maps_bytes)
		return -ENOMEM;
	data->d_buf = c->maps_bytes;
	data->d_size = c->len * BTF_MAP_SIZE;
	elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	if (!gelf_getshdr(c->maps, &shdr))
		return -EINVAL;
	shdr.sh_name = c->names_base + NAME_OF_MAPS;
	if (!gelf_update_shdr(c->maps, &shdr))
		return -EINVAL;
	for (size_t i = 0; i < c->len; i++) {
		gelf_getsym(symbols, c->symbols[i], &sym);
		sym.st_value = i * BTF_MAP_SIZE;
		sym.st_size = BTF_MAP_SIZE;
		sym.st_info = GELF_ST_INFO(STB_GLOBAL, STT_OBJECT);
		if (!gelf_update_sym(symbols, c->symbols[i], &sym))
			return -EINVAL;
	}
	return 0;
}

static int add_btf(struct conversion *c)
{
	Elf_Scn *scn = elf_newscn(c->elf);
	Elf_Data *data = scn ? elf_newdata(scn) : NULL;
	GElf_Shdr shdr;
	__u32 size;

	if (!data || !gelf_getshdr(scn, &shdr))
		return -ENOMEM;
	data->d_buf = (void *)btf__raw_data(c->btf, &size);
	data->d_size = size;
	data->d_type = ELF_T_BYTE;
	data->d_align = 4;
	shdr.sh_name = c->names_base + NAME_OF_BTF;
	shdr.sh_type = SHT_PROGBITS;
	return gelf_update_shdr(scn, &shdr) ? 0 : -EINVAL;
}

/* A copy of the file in memory, which libelf can write to. */
static int copy_file(const char *path)
{
	struct stat st;
	int in, out, err = 0;

	in = open(path, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return -errno;
	out = memfd_create("object", MFD_CLOEXEC);
	if (out < 0 || fstat(in, &st))
		err = -errno;
	for (off_t done = 0; !err && done < st.st_size;) {
		ssize_t n = sendfile(out, in, &done, st.st_size - done);

		if (n <= 0)
			err = n < 0 ? -errno : -EIO;
	}
	close(in);
	if (err && out >= 0)
		close(out);
	return err ? err : out;
}

static int read_back(int fd, void **object, size_t *size)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	*object = malloc(st.st_size);
	if (!*object)
		return -ENOMEM;
	*size = st.st_size;
	if (pread(fd, *object, st.st_size, 0) == st.st_size)
		return 0;
	free(*object);
	return -EIO;
}

static int convert(struct conversion *c, int fd)
{
	int err;

	c->elf = elf_begin(fd, ELF_C_RDWR, NULL);
	if (!c->elf || find_sections(c))
		return refuse(c, -EINVAL, "no such section");
	err = find_maps(c);
	if (!err)
		err = make_btf(c);
	if (err)
		return err;
	err = extend_names(c);
	if (!err)
		err = hide_btf(c);
	if (!err)
		err = rewrite_maps(c);
	if (!err)
		err = add_btf(c);
	if (!err && elf_update(c->elf, ELF_C_WRITE) < 0)
		err = -EINVAL;
	return err ? refuse(c, err, elf_errmsg(-1)) : 0;
}

int legacy_convert(const char *path, void **object, size_t *size, struct legacy_ids *ids)
{
	struct conversion c = { .path = path, .ids = ids };
	int fd, err;

	elf_version(EV_CURRENT);
	fd = copy_file(path);
	if (fd < 0)
		return failed(fd, "cannot read object %s", path);
	err = convert(&c, fd);
	elf_end(c.elf);
	if (!err) {
		err = read_back(fd, object, size);
		if (err)
			failed(err, "cannot rewrite object %s", path);
	}
	btf__free(c.btf);
	free(c.maps_bytes);
	free(c.section_names);
	close(fd);
	return err;
}
