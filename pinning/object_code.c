// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pinning/object_code.h"

/* The kernel takes 256 functions in a program. */
#define DEPTH_MAX 256

/* A program, or what programs call. */
struct function {
	size_t section;
	__u64 begin, end;
	bool read;
};

struct reading {
	const struct object *object;
	int (*use)(const struct object *object, const char *map);
	Elf *elf;
	Elf_Data *symbols;
	size_t strtab, maps; /* sections: of the symbols' names, and of the maps or 0 */
	struct function *list;
	size_t len;
	unsigned int depth;
};

static const char *section_name(const struct reading *r, size_t section)
{
	Elf_Scn *scn = elf_getscn(r->elf, section);
	GElf_Shdr shdr;
	const char *name;
	size_t names;

	if (!scn || !gelf_getshdr(scn, &shdr) || elf_getshdrstrndx(r->elf, &names))
		return "";
	name = elf_strptr(r->elf, names, shdr.sh_name);
	return name ? name : "";
}

static bool is_code(const struct reading *r, size_t section)
{
	Elf_Scn *scn = section < SHN_LORESERVE ? elf_getscn(r->elf, section) : NULL;
	GElf_Shdr shdr;

	return scn && gelf_getshdr(scn, &shdr) && shdr.sh_flags & SHF_EXECINSTR;
}

static int read_sections(struct reading *r)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(r->elf, scn))) {
		if (!gelf_getshdr(scn, &shdr))
			return -EINVAL;
		if (shdr.sh_type == SHT_SYMTAB) {
			r->symbols = elf_getdata(scn, NULL);
			r->strtab = shdr.sh_link;
		} else if (!strcmp(section_name(r, elf_ndxscn(scn)), ".maps")) {
			r->maps = elf_ndxscn(scn);
		}
	}
	return r->symbols ? 0 : -EINVAL;
}

static int read_functions(struct reading *r)
{
	struct function *list;
	GElf_Sym sym;

	for (int i = 0; gelf_getsym(r->symbols, i, &sym); i++) {
		if (GELF_ST_TYPE(sym.st_info) != STT_FUNC || !is_code(r, sym.st_shndx))
			continue;
		list = reallocarray(r->list, r->len + 1, sizeof(*list));
		if (!list)
			return -ENOMEM;
		r->list = list;
		list[r->len++] = (struct function){
			.section = sym.st_shndx,
			.begin = sym.st_value,
			.end = sym.st_value + sym.st_size,
		};
	}
	return 0;
}

/* The map whose definition stands there: relocations may go by the section. */
static int use_map_at(const struct reading *r, const GElf_Sym *at)
{
	GElf_Sym sym;

	for (int i = 0; gelf_getsym(r->symbols, i, &sym); i++) {
		const char *name = elf_strptr(r->elf, r->strtab, sym.st_name);

		if (sym.st_shndx == at->st_shndx && sym.st_value == at->st_value && name && *name &&
		    GELF_ST_TYPE(sym.st_info) != STT_SECTION)
			return r->use(r->object, name);
	}
	return -ENOENT;
}

static int read_function(struct reading *r, struct function *function);

static int call(struct reading *r, size_t section, __u64 offset)
{
	for (size_t i = 0; i < r->len; i++)
		if (r->list[i].section == section && offset >= r->list[i].begin &&
		    offset < r->list[i].end)
			return read_function(r, &r->list[i]);
	return -ENOENT;
}

static bool insn_at(const Elf_Data *code, __u64 at, struct bpf_insn *insn)
{
	if (!code || !code->d_buf || at > code->d_size || code->d_size - at < sizeof(*insn))
		return false;
	memcpy(insn, (const char *)code->d_buf + at, sizeof(*insn));
	return true;
}

/* A call counts instructions from the next one, a pointer to a function bytes. */
static int refer(struct reading *r, const struct bpf_insn *insn, const GElf_Sym *sym)
{
	if (r->maps && sym->st_shndx == r->maps)
		return use_map_at(r, sym);
	if (!is_code(r, sym->st_shndx))
		return 0;
	if (insn->code == (BPF_JMP | BPF_CALL))
		return call(r, sym->st_shndx, sym->st_value + (insn->imm + 1) * 8LL);
	return call(r, sym->st_shndx, sym->st_value + insn->imm);
}

/* visit(): each relocation of that section between the two. */
static int each_relocation(struct reading *r, const struct function *in,
                           int (*visit)(struct reading *r, const struct function *in,
                                        const GElf_Rel *rel))
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	GElf_Rel rel;
	int err = 0;

	while (!err && (scn = elf_nextscn(r->elf, scn))) {
		Elf_Data *data;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_REL ||
		    shdr.sh_info != in->section)
			continue;
		data = elf_getdata(scn, NULL);
		for (int i = 0; !err && data && gelf_getrel(data, i, &rel); i++)
			if (rel.r_offset >= in->begin && rel.r_offset < in->end)
				err = visit(r, in, &rel);
	}
	return err;
}

static int read_relocation(struct reading *r, const struct function *in, const GElf_Rel *rel)
{
	Elf_Data *code = elf_getdata(elf_getscn(r->elf, in->section), NULL);
	struct bpf_insn insn;
	GElf_Sym sym;

	if (!insn_at(code, rel->r_offset, &insn) ||
	    !gelf_getsym(r->symbols, GELF_R_SYM(rel->r_info), &sym))
		return -EINVAL;
	return refer(r, &insn, &sym);
}

static int exists(struct reading *r, const struct function *in, const GElf_Rel *rel)
{
	(void)r;
	(void)in;
	(void)rel;
	return -EEXIST;
}

/* Within a section the compiler knows the way itself. -1: a relocation says what is called. */
static int read_calls(struct reading *r, const struct function *function)
{
	Elf_Data *code = elf_getdata(elf_getscn(r->elf, function->section), NULL);
	struct bpf_insn insn;
	int err = 0;

	for (__u64 at = function->begin; !err && at < function->end; at += sizeof(insn)) {
		const struct function here = { function->section, at, at + sizeof(insn), false };

		if (!insn_at(code, at, &insn))
			return -EINVAL;
		if (insn.code == (BPF_LD | BPF_IMM | BPF_DW))
			at += sizeof(insn);
		else if (insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == BPF_PSEUDO_CALL &&
		         insn.imm != -1 && !each_relocation(r, &here, exists))
			err = call(r, function->section, at + (insn.imm + 1) * 8LL);
	}
	return err;
}

static int read_function(struct reading *r, struct function *function)
{
	int err;

	if (function->read)
		return 0;
	function->read = true;
	if (r->depth == DEPTH_MAX)
		return -E2BIG;
	r->depth++;
	err = each_relocation(r, function, read_relocation);
	if (!err)
		err = read_calls(r, function);
	r->depth--;
	return err;
}

/* All functions of that name in a section of that name. */
static int read_program(struct reading *r, const struct bpf_program *prog)
{
	bool found = false;
	GElf_Sym sym;
	int err = 0;

	for (int i = 0; !err && gelf_getsym(r->symbols, i, &sym); i++) {
		const char *name = elf_strptr(r->elf, r->strtab, sym.st_name);

		if (GELF_ST_TYPE(sym.st_info) != STT_FUNC || !is_code(r, sym.st_shndx) || !name ||
		    strcmp(name, bpf_program__name(prog)) != 0 ||
		    strcmp(section_name(r, sym.st_shndx), bpf_program__section_name(prog)) != 0)
			continue;
		found = true;
		err = call(r, sym.st_shndx, sym.st_value);
	}
	return err || found ? err : -ENOENT;
}

static int read_programs(struct reading *r)
{
	struct bpf_program *prog;
	int err = read_sections(r);

	if (!err)
		err = read_functions(r);
	bpf_object__for_each_program(prog, r->object->obj) {
		if (!err && bpf_program__autoload(prog))
			err = read_program(r, prog);
	}
	return err;
}

int object_code_read(const struct object *object,
                     int (*use)(const struct object *object, const char *map))
{
	struct reading r = { .object = object, .use = use };
	int fd = open(object->path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	elf_version(EV_CURRENT);
	r.elf = elf_begin(fd, ELF_C_READ, NULL);
	err = r.elf ? read_programs(&r) : -EINVAL;
	elf_end(r.elf);
	close(fd);
	free(r.list);
	return err;
}
