// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "pinning/uses.h"

/* The kernel lets a program have this many (BPF_MAX_SUBPROGS). */
#define FUNCTIONS_MAX 256

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

/* The program and the functions that it calls, in the order in which a loader puts them. */
struct walk {
	struct reading *r;
	struct uses_program *prog;
	GElf_Sym functions[FUNCTIONS_MAX];
	size_t len;
};

/* Of an instruction that names something: sym is what its relocation points to, or NULL. */
typedef int (*each_fn)(struct walk *w, const GElf_Sym *function, const struct bpf_insn *insn,
                       size_t at, const GElf_Sym *sym);

static Elf_Data *relocations_of(const struct reading *r, size_t section)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(r->elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_REL && shdr.sh_info == section)
			return elf_getdata(scn, NULL);
	return NULL;
}

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

/* Relocations of one section lie in the order of its instructions. */
static int for_each_name(struct walk *w, const GElf_Sym *function, each_fn each)
{
	Elf_Data *code = elf_getdata(elf_getscn(w->r->elf, function->st_shndx), NULL);
	Elf_Data *relocations = relocations_of(w->r, function->st_shndx);
	Elf_Data *symbols = elf_getdata(w->r->symtab, NULL);
	size_t at = function->st_value, end = at + function->st_size;
	int err = 0, next = 0;
	GElf_Rel rel = {};
	GElf_Sym sym;

	if (!code || !code->d_buf || !symbols || end < at || end > code->d_size)
		return 0;
	for (; !err && at + sizeof(struct bpf_insn) <= end; at += sizeof(struct bpf_insn)) {
		struct bpf_insn insn;
		bool named;

		memcpy(&insn, (const char *)code->d_buf + at, sizeof(insn));
		while (relocations && (!next || rel.r_offset < at) &&
		       gelf_getrel(relocations, next, &rel))
			next++;
		named = next && rel.r_offset == at &&
		        gelf_getsym(symbols, GELF_R_SYM(rel.r_info), &sym);
		if (named || is_call(&insn))
			err = each(w, function, &insn, at, named ? &sym : NULL);
	}
	return err;
}

static int add_used(struct walk *w, const GElf_Sym *function, const struct bpf_insn *insn,
                    size_t at, const GElf_Sym *sym)
{
	const char *name;

	(void)function;
	(void)insn;
	(void)at;
	if (!sym || sym->st_shndx != w->r->maps)
		return 0;
	name = elf_strptr(w->r->elf, w->r->strtab, sym->st_name);
	return name ? add_map(w->prog, name) : -EINVAL;
}

/* The function that begins there, or false. */
static bool find_function(const struct reading *r, size_t section, size_t at, GElf_Sym *function)
{
	Elf_Data *symbols = elf_getdata(r->symtab, NULL);

	for (size_t i = 0; symbols && gelf_getsym(symbols, i, function); i++)
		if (GELF_ST_TYPE(function->st_info) == STT_FUNC && function->st_shndx == section &&
		    function->st_value == at)
			return true;
	return false;
}

static int add_function(struct walk *w, const GElf_Sym *function);

/* Called, or passed on to be called: what is static is named by its section and its place there. */
static int add_called(struct walk *w, const GElf_Sym *function, const struct bpf_insn *insn,
                      size_t at, const GElf_Sym *sym)
{
	__s64 imm = insn->imm, target;
	GElf_Sym called;

	if (!sym)
		target = at + (imm + 1) * sizeof(*insn);
	else if (is_call(insn))
		target = sym->st_value + (imm + 1) * sizeof(*insn);
	else
		target = sym->st_value + imm;
	if (target < 0 ||
	    !find_function(w->r, sym ? sym->st_shndx : function->st_shndx, target, &called))
		return 0;
	return add_function(w, &called);
}

static int add_function(struct walk *w, const GElf_Sym *function)
{
	for (size_t i = 0; i < w->len; i++)
		if (w->functions[i].st_shndx == function->st_shndx &&
		    w->functions[i].st_value == function->st_value)
			return 0;
	if (w->len == FUNCTIONS_MAX)
		return 0;
	w->functions[w->len++] = *function;
	return for_each_name(w, function, add_called);
}

static int add_program(struct reading *r, const GElf_Sym *function)
{
	const char *name = elf_strptr(r->elf, r->strtab, function->st_name);
	struct walk w = { .r = r };
	struct uses_program *list;
	int err = 0;

	list = reallocarray(r->uses->list, r->uses->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	r->uses->list = list;
	w.prog = &list[r->uses->len++];
	*w.prog = (struct uses_program){ .name = strdup(name ? name : "") };
	if (!w.prog->name)
		return -ENOMEM;
	if (!r->maps)
		return 0;
	err = add_function(&w, function);
	for (size_t i = 0; !err && i < w.len; i++)
		err = for_each_name(&w, &w.functions[i], add_used);
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
