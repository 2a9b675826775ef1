// SPDX-License-Identifier: GPL-2.0-or-later
/* The sections of an object in the old dialect, rewritten to those that libbpf reads. */
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "pinning/legacy_internal.h"

static const char new_names[] = "\0.maps\0.BTF";
#define NAME_OF_MAPS 1
#define NAME_OF_BTF  7

/* Names for the new sections go behind those that are there. */
static int extend_names(struct conversion *c)
{
	Elf_Data *data;
	size_t index;

	if (elf_getshdrstrndx(c->elf, &index))
		return -EINVAL;
	data = elf_getdata(elf_getscn(c->elf, index), NULL);
	if (!data || !data->d_buf)
		return -EINVAL;
	c->section_names = malloc(data->d_size + sizeof(new_names));
	if (!c->section_names)
		return -ENOMEM;
	memcpy(c->section_names, data->d_buf, data->d_size);
	memcpy(c->section_names + data->d_size, new_names, sizeof(new_names));
	c->names_base = data->d_size;
	data->d_buf = c->section_names;
	data->d_size += sizeof(new_names);
	elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	return 0;
}

/* Hide the BTF that describes the old structures: ".BTF" becomes "BTF", and so on. */
static int hide_btf(struct conversion *c)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(c->elf, scn))) {
		const char *name;

		if (!gelf_getshdr(scn, &shdr))
			return -EINVAL;
		if (shdr.sh_name >= c->names_base)
			return -EINVAL;
		name = c->section_names + shdr.sh_name;
		if (strncmp(name, ".BTF", 4) && strncmp(name, ".rel.BTF", 8))
			continue;
		shdr.sh_name++;
		if (!gelf_update_shdr(scn, &shdr))
			return -EINVAL;
	}
	return 0;
}

/* The section that libbpf looks for, with a struct of pointers for each map. */
static int rewrite_maps(struct conversion *c)
{
	Elf_Data *symbols = elf_getdata(c->symtab, NULL), *data = elf_getdata(c->maps, NULL);
	GElf_Shdr shdr;
	GElf_Sym sym;

	c->maps_bytes = calloc(c->len, BTF_MAP_SIZE);
	if (!c->maps_bytes)
		return -ENOMEM;
	data->d_buf = c->maps_bytes;
	data->d_size = c->len * BTF_MAP_SIZE;
	elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	if (!gelf_getshdr(c->maps, &shdr))
		return -EINVAL;
	shdr.sh_name = c->names_base + NAME_OF_MAPS;
	if (!gelf_update_shdr(c->maps, &shdr))
		return -EINVAL;
	for (size_t i = 0; i < c->len; i++) {
		gelf_getsym(symbols, c->symbols[i], &sym);
		sym.st_value = i * BTF_MAP_SIZE;
		sym.st_size = BTF_MAP_SIZE;
		sym.st_info = GELF_ST_INFO(STB_GLOBAL, STT_OBJECT);
		if (!gelf_update_sym(symbols, c->symbols[i], &sym))
			return -EINVAL;
	}
	return 0;
}

static int add_btf(struct conversion *c)
{
	Elf_Scn *scn = elf_newscn(c->elf);
	Elf_Data *data = scn ? elf_newdata(scn) : NULL;
	GElf_Shdr shdr;
	__u32 size;

	if (!data || !gelf_getshdr(scn, &shdr))
		return -ENOMEM;
	data->d_buf = (void *)btf__raw_data(c->btf, &size);
	data->d_size = size;
	data->d_type = ELF_T_BYTE;
	data->d_align = 4;
	shdr.sh_name = c->names_base + NAME_OF_BTF;
	shdr.sh_type = SHT_PROGBITS;
	return gelf_update_shdr(scn, &shdr) ? 0 : -EINVAL;
}

int legacy_rewrite_sections(struct conversion *c)
{
	int err = extend_names(c);

	if (!err)
		err = hide_btf(c);
	if (!err)
		err = rewrite_maps(c);
	return err ? err : add_btf(c);
}
