// SPDX-License-Identifier: GPL-2.0-or-later
/* The file as libelf reads it, which stays within it, whatever is damaged. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "compat/elf_names.h"
#include "pinning/inspect_internal.h"

#define HOST_DATA (__BYTE_ORDER == __LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB)

/* A definition of the old dialect: five words, of which struct bpf_elf_map has four more. */
enum {
	WORDS_MIN = 5,
	WORD_PINNING = 6,
	WORDS_MAX = 9,
};

const char *inspect_section_name(const struct inspection *in, Elf_Scn *scn)
{
	return elf_section_name(in->elf, in->names, scn);
}

const char *inspect_symbol_name(const struct inspection *in, const GElf_Sym *sym)
{
	return elf_symbol_name(in->elf, in->names, in->symtab, sym);
}

bool inspect_symbol(const struct inspection *in, size_t index, GElf_Sym *sym)
{
	Elf_Data *data = in->symtab ? elf_getdata(in->symtab, NULL) : NULL;

	return data && gelf_getsym(data, (int)index, sym);
}

bool inspect_is_code(Elf_Scn *scn)
{
	GElf_Shdr shdr;

	return scn && gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_PROGBITS &&
	       shdr.sh_flags & SHF_EXECINSTR && shdr.sh_size;
}

/* A text that ends within its section. */
static const char *read_text(Elf_Scn *scn)
{
	Elf_Data *data = elf_getdata(scn, NULL);

	return data && data->d_buf && memchr(data->d_buf, '\0', data->d_size) ? data->d_buf : NULL;
}

/* .BTF.ext says at its end where CO-RE relocations are. */
static void note_ext(struct inspection *in, Elf_Scn *scn)
{
	struct {
		__u16 magic;
		__u8 version, flags;
		__u32 header_len, func_off, func_len, line_off, line_len, core_off, core_len;
	} header;
	Elf_Data *data = elf_getdata(scn, NULL);

	if (!data || !data->d_buf || data->d_size < sizeof(header))
		return;
	memcpy(&header, data->d_buf, sizeof(header));
	in->has_core = header.header_len >= sizeof(header) && header.core_len;
}

static void note_section(struct inspection *in, Elf_Scn *scn, const GElf_Shdr *shdr)
{
	const char *name = inspect_section_name(in, scn);

	if (shdr->sh_type == SHT_SYMTAB)
		in->symtab = scn;
	else if (!strcmp(name, "license"))
		in->license = read_text(scn);
	else if (!strcmp(name, ".BTF"))
		in->has_btf = true;
	else if (!strcmp(name, ".BTF.ext"))
		note_ext(in, scn);
	else if (!strcmp(name, ".xdp_run_config"))
		in->has_run_config = true;
	else if (!strcmp(name, "maps"))
		in->is_old_dialect = true;
}

static int add_prog(struct inspection *in, Elf_Scn *scn, const GElf_Sym *sym)
{
	struct inspect_prog *list, *prog;

	list = reallocarray(in->progs, in->progs_len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	in->progs = list;
	prog = &list[in->progs_len++];
	*prog = (struct inspect_prog){
		.name = inspect_symbol_name(in, sym),
		.section = inspect_section_name(in, scn),
		.scn = scn,
		.begin = sym->st_value,
		.end = sym->st_value + sym->st_size,
		.insns = sym->st_size / sizeof(struct bpf_insn),
		.hook = -1,
	};
	prog->frags = !strncmp(prog->section, "xdp.frags", 9);
	return 0;
}

/* As libbpf has them: by section, then as the symbols stand. Those in .text are called by others,
 * unless there are no others.
 */
static void find_progs(struct inspection *in, bool in_text)
{
	Elf_Scn *scn = NULL;
	GElf_Sym sym;

	while ((scn = elf_nextscn(in->elf, scn))) {
		if (!inspect_is_code(scn) ||
		    in_text != !strcmp(inspect_section_name(in, scn), ".text"))
			continue;
		for (size_t i = 0; inspect_symbol(in, i, &sym); i++)
			if (sym.st_shndx == elf_ndxscn(scn) &&
			    GELF_ST_TYPE(sym.st_info) == STT_FUNC && add_prog(in, scn, &sym))
				in->no_memory = true;
	}
}

static int add_map(struct inspection *in, const struct inspect_map *map)
{
	struct inspect_map *list = reallocarray(in->maps, in->maps_len + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	in->maps = list;
	list[in->maps_len++] = *map;
	return 0;
}

/* What a definition of the old dialect says. size: of each, as all have the same. */
static void read_definition(const Elf_Data *data, const GElf_Sym *sym, size_t size,
                            struct inspect_map *map)
{
	__u32 words[WORDS_MAX] = {};

	if (!data || !data->d_buf || size < WORDS_MIN * sizeof(*words) ||
	    sym->st_value > data->d_size || size > data->d_size - sym->st_value)
		return;
	memcpy(words, (const char *)data->d_buf + sym->st_value,
	       size < sizeof(words) ? size : sizeof(words));
	map->is_defined = true;
	map->type = words[0];
	map->key_size = words[1];
	map->value_size = words[2];
	map->max_entries = words[3];
	map->flags = words[4];
	map->is_pinned = words[WORD_PINNING] != 0;
}

/*
 * The symbols of a section of maps. Of BTF-defined ones only the names, in case that libbpf cannot
 * say more.
 */
static void find_maps(struct inspection *in, Elf_Scn *scn, bool old)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t count = 0;
	GElf_Sym sym;

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; inspect_symbol(in, i, &sym); i++) {
			struct inspect_map map = {};

			if (sym.st_shndx != elf_ndxscn(scn) ||
			    GELF_ST_TYPE(sym.st_info) == STT_SECTION)
				continue;
			if (!round) {
				count++;
				continue;
			}
			map.name = inspect_symbol_name(in, &sym);
			if (old && data)
				read_definition(data, &sym, data->d_size / count, &map);
			if (add_map(in, &map))
				in->no_memory = true;
		}
	}
}

static void find_all(struct inspection *in)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(in->elf, scn)))
		if (gelf_getshdr(scn, &shdr))
			note_section(in, scn, &shdr);
	if (!in->is_bpf)
		return;
	find_progs(in, false);
	if (!in->progs_len)
		find_progs(in, true);
	while ((scn = elf_nextscn(in->elf, scn))) {
		const char *name = inspect_section_name(in, scn);

		if (!strcmp(name, "maps") || !strcmp(name, ".maps"))
			find_maps(in, scn, *name != '.');
	}
}

/* A pipe or a device could be read for ever. */
static int open_file(struct inspection *in)
{
	struct stat st;

	in->fd = open(in->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (in->fd < 0 || fstat(in->fd, &st))
		return failed(-errno, "cannot open object %s", in->path);
	if (S_ISREG(st.st_mode))
		return 0;
	return rejected(-EINVAL, "cannot open object %s: it is %s", in->path,
	                S_ISDIR(st.st_mode) ? "a directory" : "no regular file");
}

int inspect_read_elf(struct inspection *in)
{
	GElf_Ehdr header;
	int err = open_file(in);

	if (err)
		return err;
	elf_version(EV_CURRENT);
	in->elf = elf_begin(in->fd, ELF_C_READ, NULL);
	if (!in->elf || elf_kind(in->elf) != ELF_K_ELF || !gelf_getehdr(in->elf, &header))
		return rejected(-EINVAL, "cannot inspect %s: it is no ELF file", in->path);
	in->is_bpf = header.e_machine == EM_BPF;
	in->other_endian = header.e_ident[EI_DATA] != HOST_DATA;
	if (elf_getshdrstrndx(in->elf, &in->names))
		in->names = SHN_UNDEF;
	find_all(in);
	return 0;
}
