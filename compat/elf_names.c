// SPDX-License-Identifier: GPL-2.0-or-later
#include "compat/elf_names.h"

static const char *name_in(Elf *elf, size_t table, size_t at)
{
	const char *name = elf_strptr(elf, table, at);

	return name ? name : "";
}

const char *elf_section_name(Elf *elf, size_t names, Elf_Scn *scn)
{
	GElf_Shdr shdr;

	return scn && gelf_getshdr(scn, &shdr) ? name_in(elf, names, shdr.sh_name) : "";
}

const char *elf_symbol_name(Elf *elf, size_t names, Elf_Scn *symtab, const GElf_Sym *sym)
{
	GElf_Shdr shdr;

	if (GELF_ST_TYPE(sym->st_info) == STT_SECTION && sym->st_shndx < SHN_LORESERVE)
		return elf_section_name(elf, names, elf_getscn(elf, sym->st_shndx));
	return gelf_getshdr(symtab, &shdr) ? name_in(elf, shdr.sh_link, sym->st_name) : "";
}
