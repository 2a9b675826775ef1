// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What iproute2's own loader does with the file as it is: a section is one program, and what refers
 * to anything but a map of the old dialect stays unresolved. What btf2legacy makes of the file is
 * another matter.
 */
#include <stdio.h>
#include <string.h>
#include "compat/legacy_elf.h"
#include "pinning/inspect_internal.h"

#define REFUSE(verdict, ...)                                                                       \
	do {                                                                                       \
		(verdict)->says = INSPECT_REFUSES;                                                 \
		snprintf((verdict)->why, sizeof((verdict)->why), __VA_ARGS__);                     \
	} while (0)

#define MISREAD(verdict, ...)                                                                      \
	do {                                                                                       \
		(verdict)->says = INSPECT_MISREADS;                                                \
		snprintf((verdict)->why, sizeof((verdict)->why), __VA_ARGS__);                     \
	} while (0)

/* A function that another one of its section calls, with the offset in the instruction. */
static bool is_called(const struct inspect_prog *prog)
{
	Elf_Data *data = elf_getdata(prog->scn, NULL);
	struct bpf_insn insn;

	for (size_t at = 0; data && at + sizeof(insn) <= data->d_size; at += sizeof(insn)) {
		memcpy(&insn, (const char *)data->d_buf + at, sizeof(insn));
		if (insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == BPF_PSEUDO_CALL &&
		    at / sizeof(insn) + 1 + (size_t)(ssize_t)insn.imm == prog->begin / sizeof(insn))
			return true;
	}
	return false;
}

/* All of the section is loaded from its begin on: the kernel refuses what nothing leads to. */
static void judge_functions(const struct inspection *in, const struct inspect_prog *prog,
                            struct inspect_verdict *verdict)
{
	for (size_t i = 0; i < in->progs_len; i++) {
		const struct inspect_prog *other = &in->progs[i];

		if (other->scn != prog->scn || !other->begin || is_called(other))
			continue;
		REFUSE(verdict, "section %s is one program to it, and nothing leads to %s",
		       prog->section, other->name);
		return;
	}
}

static void judge_reference(const struct inspection *in, const GElf_Sym *sym,
                            struct inspect_verdict *verdict)
{
	Elf_Scn *target = sym->st_shndx != SHN_UNDEF && sym->st_shndx < SHN_LORESERVE
	                          ? elf_getscn(in->elf, sym->st_shndx)
	                          : NULL;
	const char *section = inspect_section_name(in, target);
	const char *name = inspect_symbol_name(in, sym);

	if (!strcmp(section, "maps"))
		return;
	if (!strcmp(section, ".maps"))
		REFUSE(verdict, "map %s is defined in BTF, which it does not know", name);
	else if (inspect_is_code(target))
		REFUSE(verdict, "a function is called or passed on, in section %s", section);
	else if (target)
		REFUSE(verdict, "it has global variables or constants, in section %s", section);
	else if (GELF_ST_BIND(sym->st_info) == STB_WEAK && !in->is_old_dialect)
		MISREAD(verdict, "it takes %s for missing, without looking", name);
	else
		REFUSE(verdict, "it has no %s, which only libbpf can look up", name);
}

static void judge_references(const struct inspection *in, const struct inspect_prog *prog,
                             struct inspect_verdict *verdict)
{
	Elf_Scn *scn = NULL;
	Elf_Data *data;
	GElf_Shdr shdr;
	GElf_Rel rel;
	GElf_Sym sym;

	while ((scn = elf_nextscn(in->elf, scn))) {
		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_REL ||
		    shdr.sh_info != elf_ndxscn(prog->scn))
			continue;
		data = elf_getdata(scn, NULL);
		for (int i = 0; data && gelf_getrel(data, i, &rel); i++)
			if (verdict->says != INSPECT_REFUSES &&
			    inspect_symbol(in, GELF_R_SYM(rel.r_info), &sym))
				judge_reference(in, &sym, verdict);
	}
}

/* It finds the maps by global symbols, and takes them to be of one size. */
static void judge_definitions(const struct inspection *in, struct inspect_verdict *verdict)
{
	size_t size = 0, count = 0;
	GElf_Sym sym;

	for (size_t i = 0; inspect_symbol(in, i, &sym); i++) {
		if (sym.st_shndx == SHN_UNDEF || sym.st_shndx >= SHN_LORESERVE ||
		    GELF_ST_TYPE(sym.st_info) == STT_SECTION ||
		    strcmp(inspect_section_name(in, elf_getscn(in->elf, sym.st_shndx)), "maps") !=
		            0)
			continue;
		if (GELF_ST_BIND(sym.st_info) != STB_GLOBAL)
			REFUSE(verdict, "map %s is static, and it looks only for global ones",
			       inspect_symbol_name(in, &sym));
		else if (count && sym.st_size != size)
			REFUSE(verdict, "the definitions of its maps differ in size");
		size = sym.st_size;
		count++;
	}
	if (count > LEGACY_MAPS_MAX)
		REFUSE(verdict, "it has more than %d maps", LEGACY_MAPS_MAX);
}

void inspect_judge_legacy(const struct inspection *in, const struct inspect_prog *prog,
                          struct inspect_verdict *verdict)
{
	judge_functions(in, prog, verdict);
	if (verdict->says == INSPECT_ACCEPTS)
		judge_definitions(in, verdict);
	if (verdict->says == INSPECT_ACCEPTS)
		judge_references(in, prog, verdict);
	if (verdict->says != INSPECT_ACCEPTS)
		return;
	if (in->has_core)
		MISREAD(verdict, "it applies no CO-RE relocations: fields are read where the "
		                 "compiler's headers had them");
	else if (prog->frags)
		MISREAD(verdict, "without the flag for packets of several buffers");
}
