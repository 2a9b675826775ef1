// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs that iproute2's own loader would not load as they are meant. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <string.h>
#include "bpffs/log.h"
#include "compat/legacy_elf.h"

/* A section is one program there, from its first instruction on. */
static int check_functions(const struct legacy_elf *e, Elf_Scn *scn)
{
	Elf_Data *symbols = elf_getdata(e->symtab, NULL);
	unsigned int functions = 0;
	GElf_Sym sym;

	for (size_t i = 0; symbols && gelf_getsym(symbols, i, &sym); i++)
		functions +=
			sym.st_shndx == elf_ndxscn(scn) && GELF_ST_TYPE(sym.st_info) == STT_FUNC;
	if (functions < 2)
		return 0;
	legacy_refuse(e, -EOPNOTSUPP,
	              "section %s has %u functions, and would be taken for one program",
	              legacy_section_name(e, scn), functions);
	hint("a section of its own for each program");
	return -EOPNOTSUPP;
}

static int check_instructions(const struct legacy_elf *e, Elf_Scn *scn)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	struct bpf_insn insn;

	for (size_t at = 0; data && at + sizeof(insn) <= data->d_size; at += sizeof(insn)) {
		memcpy(&insn, (char *)data->d_buf + at, sizeof(insn));
		if (insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == BPF_PSEUDO_CALL)
			return legacy_refuse(e, -EOPNOTSUPP, "section %s calls a function",
			                     legacy_section_name(e, scn));
		if (insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == BPF_PSEUDO_KFUNC_CALL)
			return legacy_refuse(e, -EOPNOTSUPP,
			                     "section %s calls a function of the kernel",
			                     legacy_section_name(e, scn));
	}
	return 0;
}

static bool is_map_symbol(const struct legacy_elf *e, size_t index)
{
	for (size_t i = 0; i < e->len; i++)
		if (e->symbols[i] == index)
			return true;
	return false;
}

/* Programs may refer to maps, and to nothing else. */
static int check_relocations(const struct legacy_elf *e, Elf_Scn *scn, const GElf_Shdr *shdr)
{
	Elf_Data *data = elf_getdata(scn, NULL), *symbols = elf_getdata(e->symtab, NULL);
	Elf_Scn *target = elf_getscn(e->elf, shdr->sh_info);
	const char *name = target ? legacy_section_name(e, target) : "";
	GElf_Shdr of;
	GElf_Rel rel;
	GElf_Sym sym;

	if (!strcmp(name, ".maps"))
		return legacy_refuse(e, -EOPNOTSUPP, "a map is filled by its definition");
	if (!target || !gelf_getshdr(target, &of) || !(of.sh_flags & SHF_EXECINSTR))
		return 0;
	for (int i = 0; data && gelf_getrel(data, i, &rel); i++) {
		size_t index = GELF_R_SYM(rel.r_info);

		if (is_map_symbol(e, index) && GELF_R_TYPE(rel.r_info) == R_BPF_64_64)
			continue;
		if (!symbols || !gelf_getsym(symbols, index, &sym))
			return legacy_refuse(e, -EINVAL, "it is damaged");
		return legacy_refuse(e, -EOPNOTSUPP, "section %s refers to '%s', which is no map%s",
		                     name, legacy_symbol_name(e, &sym),
		                     sym.st_shndx == SHN_UNDEF ? " of this object" : "");
	}
	return 0;
}

/* In two rounds: what a call refers to says more than that there is a call. */
static int check_round(const struct legacy_elf *e, bool instructions)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	int err = 0;

	while (!err && (scn = elf_nextscn(e->elf, scn))) {
		if (!gelf_getshdr(scn, &shdr))
			return legacy_refuse(e, -EINVAL, "it is damaged");
		if (!instructions && shdr.sh_type == SHT_RELA)
			err = legacy_refuse(e, -EOPNOTSUPP, "it has relocations with addends");
		else if (!instructions && shdr.sh_type == SHT_REL)
			err = check_relocations(e, scn, &shdr);
		else if (instructions && shdr.sh_flags & SHF_EXECINSTR && shdr.sh_size)
			err = check_instructions(e, scn);
		else if (!instructions && shdr.sh_flags & SHF_EXECINSTR && shdr.sh_size)
			err = check_functions(e, scn);
	}
	return err;
}

/* ip or tc says what it loads a section as. A name that libbpf does not know says nothing of it. */
static bool is_taken(const struct bpf_program *prog)
{
	enum bpf_attach_type attach = bpf_program__expected_attach_type(prog);

	switch ((int)bpf_program__type(prog)) {
	/* Of an entry of such a map it would make a program for each packet of the interface. */
	case BPF_PROG_TYPE_XDP: return attach != BPF_XDP_DEVMAP && attach != BPF_XDP_CPUMAP;
	case BPF_PROG_TYPE_UNSPEC:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_LWT_SEG6LOCAL: return true;
	default: return false;
	}
}

/* Only the section that is asked for is loaded: beside one that can be, others do no harm. */
static int check_types(const struct legacy_elf *e)
{
	const struct bpf_program *other = NULL;
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, e->obj) {
		if (is_taken(prog))
			return 0;
		other = prog;
	}
	if (!other)
		return legacy_refuse(e, -EOPNOTSUPP, "it has no program");
	return legacy_refuse(e, -EOPNOTSUPP,
	                     "section %s is for another hook, and would be taken for XDP or tc",
	                     bpf_program__section_name(other));
}

int legacy_check_code(const struct legacy_elf *e)
{
	int err = check_round(e, false);

	if (!err)
		err = check_round(e, true);
	return err ? err : check_types(e);
}
