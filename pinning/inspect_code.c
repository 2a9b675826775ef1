// SPDX-License-Identifier: GPL-2.0-or-later
/* What instructions and relocations tell of the kernel that a program needs. */
#include <stdio.h>
#include <string.h>
#include "pinning/inspect_internal.h"

/* Instructions that the headers of Linux 6.1 do not know. */
#define CODE_MAY_GOTO (BPF_JMP | 0xe0)
#define CODE_GOTOL    (BPF_JMP32 | BPF_JA)
#define CODE_BSWAP    (BPF_ALU64 | BPF_END)
#define MODE_MEMSX    0x80
#define LOAD_ACQUIRE  0x100
#define STORE_RELEASE 0x110

/* Longer programs came with 5.2, also for root. */
#define INSNS_OLD_MAX 4096

struct reading {
	struct inspection *in;
	struct inspect_prog *prog;
};

static void need(const struct reading *r, unsigned int version, const char *what)
{
	if (inspect_need(&r->prog->needs, version, "%s", what))
		r->in->no_memory = true;
}

/* To the kernel: pointers into the packet are not good any more. A tail call may do anything. */
static bool is_changing(unsigned int id)
{
	return id == BPF_FUNC_tail_call || id == BPF_FUNC_xdp_adjust_head ||
	       id == BPF_FUNC_xdp_adjust_meta || id == BPF_FUNC_xdp_adjust_tail;
}

static void read_helper(const struct reading *r, unsigned int id)
{
	const char *name = inspect_helper_name(id);
	char what[96];

	if (name)
		snprintf(what, sizeof(what), "helper bpf_%s", name);
	else
		snprintf(what, sizeof(what), "helper %u", id);
	need(r, inspect_helper_version(id), what);
	if (inspect_helper_is_gpl(id) && !r->prog->gpl_helper)
		r->prog->gpl_helper = id;
	if (is_changing(id) && !r->prog->changing_helper)
		r->prog->changing_helper = id;
}

static void read_jump(const struct reading *r, const struct bpf_insn *insn)
{
	unsigned int op = BPF_OP(insn->code);

	if (insn->code == CODE_MAY_GOTO) {
		need(r, KERNEL(6, 9), "may_goto");
		return;
	}
	if (BPF_CLASS(insn->code) == BPF_JMP32)
		need(r, insn->code == CODE_GOTOL ? KERNEL(6, 6) : KERNEL(5, 1),
		     insn->code == CODE_GOTOL ? "long jumps (-mcpu=v4)"
		                              : "jumps on 32 bits (-mcpu=v3)");
	if (op == BPF_JLT || op == BPF_JLE || op == BPF_JSLT || op == BPF_JSLE)
		need(r, KERNEL(4, 14), "jumps if less (-mcpu=v2)");
	if (insn->off < 0 || (insn->code == CODE_GOTOL && insn->imm < 0))
		need(r, KERNEL(5, 3), "loops");
}

static void read_memory(const struct reading *r, const struct bpf_insn *insn)
{
	unsigned int mode = BPF_MODE(insn->code);

	if (BPF_CLASS(insn->code) == BPF_LDX && mode == MODE_MEMSX)
		need(r, KERNEL(6, 6), "loads that extend the sign (-mcpu=v4)");
	/* BPF_XADD, of old, is the same mode with BPF_ADD alone. */
	if (BPF_CLASS(insn->code) != BPF_STX || mode != BPF_ATOMIC || insn->imm == BPF_ADD)
		return;
	if (insn->imm == LOAD_ACQUIRE || insn->imm == STORE_RELEASE)
		need(r, KERNEL(6, 15), "load_acquire and store_release");
	else
		need(r, KERNEL(5, 12), "atomic operations (-mcpu=v3)");
}

static void read_insn(const struct reading *r, const struct bpf_insn *insn)
{
	unsigned int class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	if (insn->code == (BPF_JMP | BPF_CALL)) {
		if (!insn->src_reg)
			read_helper(r, (unsigned int)insn->imm);
		else if (insn->src_reg == BPF_PSEUDO_CALL)
			need(r, KERNEL(4, 16), "functions that are called");
	} else if (class == BPF_JMP || class == BPF_JMP32) {
		if (insn->code != (BPF_JMP | BPF_EXIT))
			read_jump(r, insn);
	} else if (class == BPF_LDX || class == BPF_STX) {
		read_memory(r, insn);
	} else if (insn->code == CODE_BSWAP ||
	           (op == BPF_MOV && BPF_SRC(insn->code) == BPF_X && insn->off) ||
	           ((op == BPF_DIV || op == BPF_MOD) && insn->off)) {
		if (class == BPF_ALU || class == BPF_ALU64)
			need(r, KERNEL(6, 6), "signed arithmetic and bswap (-mcpu=v4)");
	}
}

/* What an instruction refers to, by its relocation. */
static void read_reference(const struct reading *r, const struct bpf_insn *insn,
                           const GElf_Sym *sym)
{
	bool is_call = insn->code == (BPF_JMP | BPF_CALL);
	Elf_Scn *target =
		sym->st_shndx < SHN_LORESERVE ? elf_getscn(r->in->elf, sym->st_shndx) : NULL;
	const char *name = inspect_section_name(r->in, target);
	char what[96];

	if (sym->st_shndx == SHN_UNDEF) {
		snprintf(what, sizeof(what), "%s %.60s of the kernel",
		         is_call ? "function" : "symbol", inspect_symbol_name(r->in, sym));
		need(r,
		     is_call ? inspect_function_version(inspect_symbol_name(r->in, sym))
		             : KERNEL(5, 2),
		     what);
		if (is_call && GELF_ST_BIND(sym->st_info) != STB_WEAK && !*r->prog->missing &&
		    !inspect_kernel_has(inspect_symbol_name(r->in, sym)))
			snprintf(r->prog->missing, sizeof(r->prog->missing), "%s",
			         inspect_symbol_name(r->in, sym));
	} else if (inspect_is_code(target)) {
		r->prog->calls_text = r->prog->calls_text || !strcmp(name, ".text");
		if (!is_call)
			need(r, KERNEL(5, 13), "functions that are passed to helpers");
	} else if (!strncmp(name, ".rodata", 7) || !strncmp(name, ".data", 5) ||
	           !strncmp(name, ".bss", 4)) {
		need(r, KERNEL(5, 2), "global variables");
	}
}

static bool insn_at(const Elf_Data *data, size_t at, struct bpf_insn *insn)
{
	if (!data || !data->d_buf || at > data->d_size || data->d_size - at < sizeof(*insn))
		return false;
	memcpy(insn, (const char *)data->d_buf + at, sizeof(*insn));
	return true;
}

static void read_relocations(const struct reading *r, Elf_Scn *code, size_t begin, size_t end)
{
	Elf_Data *insns = elf_getdata(code, NULL), *data;
	Elf_Scn *scn = NULL;
	struct bpf_insn insn;
	GElf_Shdr shdr;
	GElf_Rel rel;
	GElf_Sym sym;

	while ((scn = elf_nextscn(r->in->elf, scn))) {
		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_REL ||
		    shdr.sh_info != elf_ndxscn(code))
			continue;
		data = elf_getdata(scn, NULL);
		for (int i = 0; data && gelf_getrel(data, i, &rel); i++)
			if (rel.r_offset >= begin && rel.r_offset < end &&
			    insn_at(insns, rel.r_offset, &insn) &&
			    inspect_symbol(r->in, GELF_R_SYM(rel.r_info), &sym))
				read_reference(r, &insn, &sym);
	}
}

static void read_range(const struct reading *r, Elf_Scn *scn, size_t begin, size_t end)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	struct bpf_insn insn;

	for (size_t at = begin; at < end && insn_at(data, at, &insn); at += sizeof(insn)) {
		read_insn(r, &insn);
		/* The second half holds a number, not a code. */
		if (insn.code == (BPF_LD | BPF_IMM | BPF_DW))
			at += sizeof(insn);
	}
	read_relocations(r, scn, begin, end);
}

/* All of .text, of which it calls something. */
static void read_called(const struct reading *r)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(r->in->elf, scn)))
		if (scn != r->prog->scn && inspect_is_code(scn) &&
		    !strcmp(inspect_section_name(r->in, scn), ".text"))
			read_range(r, scn, 0, (size_t)-1);
}

static bool has_tail_calls(const struct inspect_prog *prog)
{
	for (size_t i = 0; i < prog->needs.len; i++)
		if (!strcmp(prog->needs.list[i].what, "helper bpf_tail_call"))
			return true;
	return false;
}

/* Sections of one type came at different times. */
static void read_type(const struct reading *r)
{
	const struct inspect_prog *prog = r->prog;
	char what[96];

	snprintf(what, sizeof(what), "programs of type %s in section %.*s", prog->type,
	         (int)strcspn(prog->section, "/"), prog->section);
	need(r, inspect_prog_version(prog->bpf_type, prog->section), what);
}

static void read_prog(const struct reading *r)
{
	struct inspect_prog *prog = r->prog;

	if (prog->kind == INSPECT_XDP)
		need(r, KERNEL(4, 8), "XDP");
	else if (prog->kind == INSPECT_TC)
		need(r, KERNEL(4, 4), "direct action in tc");
	else if (prog->kind == INSPECT_OTHER)
		read_type(r);
	if (prog->frags)
		need(r, KERNEL(5, 18), "packets of several buffers (xdp.frags)");
	if (prog->is_entry)
		need(r, KERNEL(5, 8), "programs of devmap and cpumap entries");
	read_range(r, prog->scn, prog->begin, prog->end);
	if (prog->calls_text) {
		read_called(r);
		if (has_tail_calls(prog))
			need(r, KERNEL(5, 10), "tail calls beside functions that are called");
	}
	if (prog->insns > INSNS_OLD_MAX)
		need(r, KERNEL(5, 2), "more than 4096 instructions");
	if (r->in->has_core)
		need(r, KERNEL(5, 2), "BTF of the kernel (CO-RE)");
}

static const struct {
	__u32 flag;
	unsigned int version;
	const char *what;
} map_flags[] = {
	{ BPF_F_NO_PREALLOC, KERNEL(4, 6), "maps that are not preallocated" },
	{ BPF_F_NUMA_NODE, KERNEL(4, 14), "maps on a NUMA node" },
	{ BPF_F_RDONLY, KERNEL(4, 15), "maps that user space may only read" },
	{ BPF_F_RDONLY_PROG, KERNEL(5, 2), "maps that programs may only read" },
	{ BPF_F_WRONLY_PROG, KERNEL(5, 2), "maps that programs may only write" },
	{ BPF_F_MMAPABLE, KERNEL(5, 5), "arrays that can be mapped into memory" },
	{ BPF_F_INNER_MAP, KERNEL(5, 10), "inner maps of different lengths" },
};

static void read_flags(struct inspection *in, __u32 flags)
{
	for (size_t i = 0; i < sizeof(map_flags) / sizeof(map_flags[0]); i++)
		if (flags & map_flags[i].flag &&
		    inspect_need(&in->needs, map_flags[i].version, "%s", map_flags[i].what))
			in->no_memory = true;
}

static void read_map(struct inspection *in, const struct inspect_map *map)
{
	bool redirects = map->type == BPF_MAP_TYPE_DEVMAP || map->type == BPF_MAP_TYPE_DEVMAP_HASH;
	const char *type = libbpf_bpf_map_type_str((enum bpf_map_type)map->type);
	int err;

	/* libbpf makes plain arrays of the object's own sections where it must. */
	if (!map->is_defined || map->is_internal)
		return;
	err = type ? inspect_need(&in->needs, inspect_map_version(map->type), "map type %s", type)
	           : inspect_need(&in->needs, inspect_map_version(map->type), "map type %u",
	                          map->type);
	read_flags(in, map->flags | map->inner_flags);
	if (!err && map->value_size == 8 && (redirects || map->type == BPF_MAP_TYPE_CPUMAP))
		err = inspect_need(&in->needs, redirects ? KERNEL(5, 8) : KERNEL(5, 9),
		                   "%s entries with programs", redirects ? "devmap" : "cpumap");
	if (err)
		in->no_memory = true;
}

void inspect_read_code(struct inspection *in)
{
	if (in->other_endian)
		return;
	for (size_t i = 0; i < in->progs_len; i++) {
		struct reading r = { .in = in, .prog = &in->progs[i] };

		read_prog(&r);
		for (size_t j = 0; j < r.prog->needs.len; j++)
			if (inspect_need(&in->needs, r.prog->needs.list[j].version, "%s",
			                 r.prog->needs.list[j].what))
				in->no_memory = true;
	}
	for (size_t i = 0; i < in->maps_len; i++)
		read_map(in, &in->maps[i]);
}
