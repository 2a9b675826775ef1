/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in an ELF file, by libelf; "" where there is none, also in a damaged file. */
#ifndef COMPAT_ELF_NAMES_H
#define COMPAT_ELF_NAMES_H

#include <gelf.h>
#include <stddef.h>

/* names: index of the section with the names of sections. The texts are the file's. */
const char *elf_section_name(Elf *elf, size_t names, Elf_Scn *scn);

/* Of a section's symbol the name of the section. symtab: the symbol table that it is in. */
const char *elf_symbol_name(Elf *elf, size_t names, Elf_Scn *symtab, const GElf_Sym *sym);

#endif
