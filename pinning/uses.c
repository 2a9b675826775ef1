// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "pinning/uses.h"

struct reading {
	struct uses *uses;
	Elf *elf;
	Elf_Scn *symtab;
	size_t names, strtab; /* indices of the tables of section and symbol names */
	size_t maps;          /* index of the section of maps; 0: there is none */
};

static int find_sections(struct reading *r)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	if (elf_getshdrstrndx(r->elf, &r->names))
		return -EINVAL;
	while ((scn = elf_nextscn(r->elf, scn))) {
		const char *name;

		if (!gelf_getshdr(scn, &shdr))
			return -EINVAL;
		name = elf_strptr(r->elf, r->names, shdr.sh_name);
		if (shdr.sh_type == SHT_SYMTAB) {
			r->symtab = scn;
			r->strtab = shdr.sh_link;
		} else if (name && (!strcmp(name, ".maps") || !strcmp(name, "maps"))) {
			r->maps = elf_ndxscn(scn);
		}
	}
	return r->symtab ? 0 : -EINVAL;
}

static int add_map(struct uses_program *prog, const char *map)
{
	char **maps;

	for (size_t i = 0; i < prog->len; i++)
		if (!strcmp(prog->maps[i], map))
			return 0;
	maps = reallocarray(prog->maps, prog->len + 1, sizeof(*maps));
	if (!maps)
		return -ENOMEM;
	prog->maps = maps;
	maps[prog->len] = strdup(map);
	return maps[prog->len++] ? 0 : -ENOMEM;
}

/* Relocations of one section lie in the order of its instructions. */
static int read_relocations(struct reading *r, Elf_Scn *scn, const GElf_Sym *function,
                            struct uses_program *prog)
{
	Elf_Data *data = elf_getdata(scn, NULL), *symbols = elf_getdata(r->symtab, NULL);
	GElf_Rel rel;
	GElf_Sym sym;
	int err = 0;

	for (int i = 0; !err && data && symbols && gelf_getrel(data, i, &rel); i++) {
		const char *name;

		if (rel.r_offset < function->st_value ||
		    rel.r_offset >= function->st_value + function->st_size)
			continue;
		if (!gelf_getsym(symbols, GELF_R_SYM(rel.r_info), &sym) || sym.st_shndx != r->maps)
			continue;
		name = elf_strptr(r->elf, r->strtab, sym.st_name);
		err = name ? add_map(prog, name) : -EINVAL;
	}
	return err;
}

static int add_program(struct reading *r, const GElf_Sym *function)
{
	const char *name = elf_strptr(r->elf, r->strtab, function->st_name);
	struct uses_program *list, *prog;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	int err = 0;

	list = reallocarray(r->uses->list, r->uses->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	r->uses->list = list;
	prog = &list[r->uses->len++];
	*prog = (struct uses_program){ .name = strdup(name ? name : "") };
	if (!prog->name)
		return -ENOMEM;
	while (!err && r->maps && (scn = elf_nextscn(r->elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_REL &&
		    shdr.sh_info == function->st_shndx)
			err = read_relocations(r, scn, function, prog);
	return err;
}

static int read_programs(struct reading *r)
{
	Elf_Data *symbols = elf_getdata(r->symtab, NULL);
	GElf_Sym sym;
	int err = symbols ? 0 : -EINVAL;

	for (size_t i = 0; !err && gelf_getsym(symbols, i, &sym); i++)
		if (GELF_ST_TYPE(sym.st_info) == STT_FUNC && sym.st_shndx != SHN_UNDEF)
			err = add_program(r, &sym);
	return err;
}

int uses_read(struct uses *uses, const char *path)
{
	struct reading r = { .uses = uses };
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	memset(uses, 0, sizeof(*uses));
	if (fd < 0)
		return failed(-errno, "cannot read object %s", path);
	elf_version(EV_CURRENT);
	r.elf = elf_begin(fd, ELF_C_READ, NULL);
	err = r.elf ? find_sections(&r) : -EINVAL;
	if (!err)
		err = read_programs(&r);
	elf_end(r.elf);
	close(fd);
	if (!err)
		return 0;
	uses_free(uses);
	return failed(err, "cannot read which maps the programs of %s use", path);
}

void uses_free(struct uses *uses)
{
	for (size_t i = 0; i < uses->len; i++) {
		for (size_t j = 0; j < uses->list[i].len; j++)
			free(uses->list[i].maps[j]);
		free(uses->list[i].maps);
		free(uses->list[i].name);
	}
	free(uses->list);
	memset(uses, 0, sizeof(*uses));
}
