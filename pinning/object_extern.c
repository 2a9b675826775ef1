// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/btf.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "pinning/object_extern.h"

static bool section_has(const struct btf *btf, const struct btf_type *section, const char *name)
{
	const struct btf_var_secinfo *at = btf_var_secinfos(section);

	for (int i = 0; i < btf_vlen(section); i++, at++) {
		const struct btf_type *type = btf__type_by_id(btf, at->type);
		const char *other = type ? btf__name_by_offset(btf, type->name_off) : NULL;

		if (other && !strcmp(other, name))
			return true;
	}
	return false;
}

/* Only what is the kernel's lies in a section without being defined. */
static bool is_kernels(const struct btf *btf, const char *name)
{
	for (__u32 id = 1; btf && id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_datasec(type) && section_has(btf, type, name))
			return true;
	}
	return false;
}

static bool find(Elf *elf, const struct btf *btf, char name[OBJECT_EXTERN])
{
	Elf_Scn *symtab = NULL;
	Elf_Data *symbols;
	GElf_Shdr shdr;
	GElf_Sym sym;

	while ((symtab = elf_nextscn(elf, symtab)))
		if (gelf_getshdr(symtab, &shdr) && shdr.sh_type == SHT_SYMTAB)
			break;
	symbols = symtab ? elf_getdata(symtab, NULL) : NULL;
	for (int i = 0; symbols && gelf_getsym(symbols, i, &sym); i++) {
		const char *symbol = elf_strptr(elf, shdr.sh_link, sym.st_name);

		if (sym.st_shndx != SHN_UNDEF || !symbol || !*symbol || is_kernels(btf, symbol))
			continue;
		snprintf(name, OBJECT_EXTERN, "%s", symbol);
		return true;
	}
	return false;
}

bool object_find_extern(const char *path, char name[OBJECT_EXTERN])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct btf *btf;
	bool found;
	Elf *elf;

	if (fd < 0)
		return false;
	btf = btf__parse_elf(path, NULL);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	found = elf && find(elf, btf, name);
	elf_end(elf);
	btf__free(btf);
	close(fd);
	return found;
}
