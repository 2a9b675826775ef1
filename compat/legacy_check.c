// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What iproute2's own loader cannot do. It would load most of this all the same, and a program
 * would read a map in the place of its constants, or never get to its second half: so it is refused
 * here.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/log.h"
#include "compat/elf_names.h"
#include "compat/legacy_elf.h"
#include "pinning/btf_check.h"

#define MAP_TYPE_CGRP_STORAGE 32 /* Linux 6.2 */

static char refusal[256];

const char *legacy_refusal(void)
{
	return refusal;
}

int legacy_refuse(const struct legacy_elf *e, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(refusal, sizeof(refusal), fmt, args);
	va_end(args);
	return failed(err, "cannot rewrite %s for iproute2's own loader: %s", e->path, refusal);
}

const char *legacy_section_name(const struct legacy_elf *e, Elf_Scn *scn)
{
	return elf_section_name(e->elf, e->names, scn);
}

const char *legacy_symbol_name(const struct legacy_elf *e, const GElf_Sym *sym)
{
	return elf_symbol_name(e->elf, e->names, e->symtab, sym);
}

static int check_file(struct legacy_elf *e)
{
	GElf_Ehdr header;

	if (!gelf_getehdr(e->elf, &header) || elf_getshdrstrndx(e->elf, &e->names))
		return legacy_refuse(e, -EINVAL, "it is no ELF file");
	if (header.e_machine != EM_BPF || header.e_type != ET_REL)
		return legacy_refuse(e, -EINVAL, "it is no object of BPF programs");
	return 0;
}

/* .BTF.ext says at its end where CO-RE relocations are; none: that part is empty. */
static int check_core(const struct legacy_elf *e, Elf_Scn *scn)
{
	struct {
		__u16 magic;
		__u8 version, flags;
		__u32 header_len, func_off, func_len, line_off, line_len, core_off, core_len;
	} header;
	Elf_Data *data = elf_getdata(scn, NULL);

	if (!data || data->d_size < sizeof(header))
		return 0;
	memcpy(&header, data->d_buf, sizeof(header));
	if (header.header_len < sizeof(header) || !header.core_len)
		return 0;
	return legacy_refuse(e, -EOPNOTSUPP,
	                     "it has CO-RE relocations, which only libbpf can apply");
}

static int check_section(struct legacy_elf *e, Elf_Scn *scn, const GElf_Shdr *shdr)
{
	static const char *const data_sections[] = { ".rodata", ".data", ".bss", ".kconfig" };
	const char *name = legacy_section_name(e, scn);

	if (!strcmp(name, "maps"))
		return legacy_refuse(e, -EOPNOTSUPP,
		                     "its maps are defined for that loader already");
	if (!strcmp(name, ".BTF.ext"))
		return check_core(e, scn);
	if (!strncmp(name, "xdp.frags", 9))
		return legacy_refuse(
			e, -EOPNOTSUPP,
			"section %s would be loaded without its flag: packets of several "
			"buffers",
			name);
	if (!strncmp(name, ".struct_ops", 11))
		return legacy_refuse(e, -EOPNOTSUPP, "it has struct_ops");
	if (!strcmp(name, ".text") && shdr->sh_size) {
		legacy_refuse(e, -EOPNOTSUPP,
		              "it has functions that are called: .text is not empty");
		hint("inline them: static __always_inline");
		return -EOPNOTSUPP;
	}
	for (size_t i = 0; i < sizeof(data_sections) / sizeof(data_sections[0]); i++)
		if (!strncmp(name, data_sections[i], strlen(data_sections[i])) && shdr->sh_size)
			return legacy_refuse(e, -EOPNOTSUPP,
			                     "it has global variables or constants: section %s",
			                     name);
	return 0;
}

static int find_sections(struct legacy_elf *e)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	int err = 0;

	while (!err && (scn = elf_nextscn(e->elf, scn))) {
		if (!gelf_getshdr(scn, &shdr))
			return legacy_refuse(e, -EINVAL, "it is damaged");
		if (shdr.sh_type == SHT_SYMTAB)
			e->symtab = scn;
		if (!strcmp(legacy_section_name(e, scn), ".maps")) {
			e->maps = scn;
			e->maps_index = elf_ndxscn(scn);
		}
		err = check_section(e, scn, &shdr);
	}
	if (!err && !e->symtab)
		err = legacy_refuse(e, -EINVAL, "it has no symbols");
	return err;
}

/* A value that the kernel takes only with its BTF, which that loader does not give to a map. */
static const char *special_member(const struct btf *btf, __u32 type_id, int depth)
{
	static const char *const special[] = {
		"bpf_spin_lock", "bpf_res_spin_lock", "bpf_timer",
		"bpf_wq",        "bpf_list_head",     "bpf_list_node",
		"bpf_rb_root",   "bpf_rb_node",       "bpf_refcount",
	};
	const struct btf_type *type = btf__type_by_id(btf, type_id);
	const struct btf_member *member;
	const char *name, *found = NULL;

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	if (!type || depth > 8)
		return NULL;
	/* A pointer that the kernel keeps: tagged kptr, and so on. */
	if (btf_is_ptr(type)) {
		type = btf__type_by_id(btf, type->type);
		return type && btf_is_type_tag(type) ? "its values have pointers of the kernel"
		                                     : NULL;
	}
	if (btf_is_array(type))
		return special_member(btf, btf_array(type)->type, depth + 1);
	if (!btf_is_composite(type))
		return NULL;
	name = btf__name_by_offset(btf, type->name_off);
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (!strcmp(name, special[i]))
			return "its values have a part that the kernel knows only by BTF";
	member = btf_members(type);
	for (int i = 0; !found && i < btf_vlen(type); i++)
		found = special_member(btf, member[i].type, depth + 1);
	return found;
}

/* What a definition says that has no place in nine words. */
static const char *lost_of(const struct legacy_elf *e, const struct bpf_map *map)
{
	switch ((int)bpf_map__type(map)) {
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS: return "it holds other maps";
	case BPF_MAP_TYPE_STRUCT_OPS: return "it is a struct_ops map";
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case MAP_TYPE_CGRP_STORAGE: return "the kernel makes one only with BTF";
	default: break;
	}
	if (bpf_map__map_extra(map))
		return "it has map_extra";
	if (bpf_map__numa_node(map))
		return "it has a NUMA node";
	if (!bpf_map__max_entries(map))
		return "its number of entries is left to libbpf";
	return special_member(bpf_object__btf(e->obj), bpf_map__btf_value_type_id(map), 0);
}

static int find_symbol(struct legacy_elf *e, const char *name, size_t *index, GElf_Sym *sym)
{
	Elf_Data *symbols = elf_getdata(e->symtab, NULL);

	for (size_t i = 0; symbols && gelf_getsym(symbols, i, sym); i++) {
		if (sym->st_shndx != e->maps_index || GELF_ST_TYPE(sym->st_info) == STT_SECTION ||
		    strcmp(legacy_symbol_name(e, sym), name) != 0)
			continue;
		*index = i;
		return 0;
	}
	return -ENOENT;
}

static int add_map(struct legacy_elf *e, struct bpf_map *map)
{
	const char *name = bpf_map__name(map), *lost = lost_of(e, map);
	GElf_Sym sym;
	size_t index;

	if (lost)
		return legacy_refuse(e, -EOPNOTSUPP, "map '%s': %s", name, lost);
	if (e->len == LEGACY_MAPS_MAX)
		return legacy_refuse(e, -EOPNOTSUPP, "it has more than %d maps", LEGACY_MAPS_MAX);
	if (find_symbol(e, name, &index, &sym))
		return legacy_refuse(e, -EINVAL, "map '%s' has no symbol", name);
	e->list[e->len] = map;
	e->symbols[e->len++] = index;
	return 0;
}

static int find_maps(struct legacy_elf *e)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, e->obj) {
		if (err)
			break;
		/* Of a section that find_sections() would have refused. */
		if (bpf_map__is_internal(map))
			err = legacy_refuse(e, -EOPNOTSUPP, "it has global variables: %s",
			                    bpf_map__name(map));
		else
			err = add_map(e, map);
	}
	if (!err && e->maps && !e->len)
		err = legacy_refuse(e, -EINVAL, "its section of maps is empty");
	return err;
}

/* Before libbpf looks into the types: it takes them as they come, and can crash at them. */
static int check_btf(const struct legacy_elf *e)
{
	struct btf *btf = btf__parse_elf(e->path, NULL);
	char why[96];
	int err = btf ? btf_check(btf, why) : 0;
	bool found = btf;

	btf__free(btf);
	if (!found && e->maps) {
		legacy_refuse(e, -EINVAL, "it has no BTF, which tells what its maps are");
		hint("compile it with -g; 'llvm-strip -g' keeps BTF, 'llvm-strip' alone does not");
		return -EINVAL;
	}
	return err ? legacy_refuse(e, err, "its BTF is damaged: %s", why) : 0;
}

static int open_object(struct legacy_elf *e)
{
	e->obj = bpf_object__open_file(e->path, NULL);
	if (e->obj)
		return 0;
	snprintf(refusal, sizeof(refusal), "libbpf cannot open it");
	failed(-errno, "cannot open object %s", e->path);
	hint("--verbose adds what libbpf said");
	return -EINVAL;
}

int legacy_check(struct legacy_elf *e, int fd, Elf_Cmd access)
{
	int err;

	elf_version(EV_CURRENT);
	e->elf = elf_begin(fd, access, NULL);
	err = e->elf ? check_file(e) : legacy_refuse(e, -EINVAL, "it is no ELF file");
	if (!err)
		err = find_sections(e);
	if (!err)
		err = check_btf(e);
	if (!err)
		err = open_object(e);
	if (!err)
		err = find_maps(e);
	return err ? err : legacy_check_code(e);
}

void legacy_close(struct legacy_elf *e)
{
	elf_end(e->elf);
	bpf_object__close(e->obj);
}
