// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pinning/slots.h"

#define MEMBER "values"

/* Each slot is a pointer of BPF's 64 bits. */
#define SLOT_SIZE 8

struct reading {
	struct slots *slots;
	Elf *elf;
	Elf_Scn *symtab;
	size_t strtab, maps; /* indices of the symbols' names and of the section of maps, or 0 */
	__u64 begin, end;    /* of the map's slots in that section */
};

/* Where in its struct a map has its slots; 0: it has none. */
static __u32 slots_offset(const struct btf *btf, const char *map, __u32 *size)
{
	__s32 id = btf ? btf__find_by_name_kind(btf, map, BTF_KIND_VAR) : -ENOENT;
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, id);

	while (type && (btf_is_var(type) || btf_is_typedef(type) || btf_is_mod(type)))
		type = btf__type_by_id(btf, type->type);
	if (!type || !btf_is_struct(type))
		return 0;
	*size = type->size;
	for (int i = 0; i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(btf, btf_members(type)[i].name_off);

		if (name && !strcmp(name, MEMBER))
			return btf_member_bit_offset(type, i) / 8;
	}
	return 0;
}

static int find_sections(struct reading *r)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	size_t names;

	if (elf_getshdrstrndx(r->elf, &names))
		return -EINVAL;
	while ((scn = elf_nextscn(r->elf, scn))) {
		const char *name;

		if (!gelf_getshdr(scn, &shdr))
			return -EINVAL;
		name = elf_strptr(r->elf, names, shdr.sh_name);
		if (shdr.sh_type == SHT_SYMTAB) {
			r->symtab = scn;
			r->strtab = shdr.sh_link;
		} else if (name && !strcmp(name, ".maps")) {
			r->maps = elf_ndxscn(scn);
		}
	}
	return r->symtab ? 0 : -EINVAL;
}

/* BTF has the type of a map, and the symbol its place. */
static bool find_map(struct reading *r, const char *map, __u32 offset, __u32 size)
{
	Elf_Data *symbols = elf_getdata(r->symtab, NULL);
	GElf_Sym sym;

	for (size_t i = 0; symbols && gelf_getsym(symbols, i, &sym); i++) {
		const char *name = elf_strptr(r->elf, r->strtab, sym.st_name);

		if (sym.st_shndx != r->maps || !name || strcmp(name, map) != 0)
			continue;
		r->begin = sym.st_value + offset;
		/* BTF counts an array of slots without a length as nothing. */
		r->end = sym.st_value + (sym.st_size > size ? sym.st_size : size);
		return true;
	}
	return false;
}

static int add_slot(struct slots *slots, __u32 key, const char *map)
{
	struct slot *list = reallocarray(slots->list, slots->len + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	slots->list = list;
	list[slots->len] = (struct slot){ .key = key, .map = strdup(map) };
	return list[slots->len++].map ? 0 : -ENOMEM;
}

static int read_relocations(struct reading *r, Elf_Scn *scn)
{
	Elf_Data *data = elf_getdata(scn, NULL), *symbols = elf_getdata(r->symtab, NULL);
	GElf_Rel rel;
	GElf_Sym sym;
	int err = 0;

	for (int i = 0; !err && data && symbols && gelf_getrel(data, i, &rel); i++) {
		const char *name;

		if (rel.r_offset < r->begin || rel.r_offset >= r->end ||
		    !gelf_getsym(symbols, GELF_R_SYM(rel.r_info), &sym))
			continue;
		name = elf_strptr(r->elf, r->strtab, sym.st_name);
		err = name ? add_slot(r->slots, (rel.r_offset - r->begin) / SLOT_SIZE, name)
		           : -EINVAL;
	}
	return err;
}

static int read_slots(struct reading *r, const char *map, __u32 offset, __u32 size)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	int err = find_sections(r);

	if (err || !r->maps || !find_map(r, map, offset, size))
		return err;
	while (!err && (scn = elf_nextscn(r->elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_REL && shdr.sh_info == r->maps)
			err = read_relocations(r, scn);
	return err;
}

int slots_read(struct slots *slots, const char *path, const struct bpf_object *obj, const char *map)
{
	struct reading r = { .slots = slots };
	__u32 size, offset = slots_offset(bpf_object__btf(obj), map, &size);
	int fd, err;

	memset(slots, 0, sizeof(*slots));
	if (!offset)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	elf_version(EV_CURRENT);
	r.elf = elf_begin(fd, ELF_C_READ, NULL);
	err = r.elf ? read_slots(&r, map, offset, size) : -EINVAL;
	elf_end(r.elf);
	close(fd);
	return err;
}

void slots_free(struct slots *slots)
{
	for (size_t i = 0; i < slots->len; i++)
		free(slots->list[i].map);
	free(slots->list);
	memset(slots, 0, sizeof(*slots));
}
