// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "compat/legacy_elf.h"

/* libbpf would do it when it makes the map: a power of two, and whole pages. */
static __u32 ring_size(__u32 size)
{
	__u64 page = sysconf(_SC_PAGESIZE), whole = page;

	while (whole < size)
		whole *= 2;
	return whole > UINT32_MAX ? size : whole;
}

static void define(const struct bpf_map *map, long long pinning, struct legacy_definition *out)
{
	const char *path = bpf_map__pin_path(map);

	*out = (struct legacy_definition){
		.type = bpf_map__type(map),
		.key_size = bpf_map__key_size(map),
		.value_size = bpf_map__value_size(map),
		.max_entries = bpf_map__max_entries(map),
		.flags = bpf_map__map_flags(map),
		.pinning = pinning,
	};
	if (pinning == LEGACY_PIN_AS_IS)
		out->pinning = path ? LEGACY_PIN_GLOBAL : LEGACY_PIN_NONE;
	if (out->type == BPF_MAP_TYPE_RINGBUF)
		out->max_entries = ring_size(out->max_entries);
}

/* The section: a definition after the other, each with its symbol. */
static int write_maps(struct legacy_elf *e, long long pinning, struct legacy_definition *list)
{
	Elf_Data *symbols = elf_getdata(e->symtab, NULL), *data = elf_getdata(e->maps, NULL);
	GElf_Shdr shdr;
	GElf_Sym sym;

	if (!symbols || !data || !gelf_getshdr(e->maps, &shdr))
		return -EINVAL;
	for (size_t i = 0; i < e->len; i++) {
		define(e->list[i], pinning, &list[i]);
		if (!gelf_getsym(symbols, e->symbols[i], &sym))
			return -EINVAL;
		/* It counts global symbols only; a definition may be weak. */
		sym.st_info = GELF_ST_INFO(STB_GLOBAL, GELF_ST_TYPE(sym.st_info));
		sym.st_value = i * sizeof(*list);
		sym.st_size = sizeof(*list);
		if (!gelf_update_sym(symbols, e->symbols[i], &sym))
			return -EINVAL;
	}
	data->d_buf = list;
	data->d_size = e->len * sizeof(*list);
	data->d_align = 4;
	elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	shdr.sh_name++; /* ".maps": "maps" */
	shdr.sh_addralign = 4;
	return gelf_update_shdr(e->maps, &shdr) ? 0 : -EINVAL;
}

/* That loader fails at types that it does not know, and says nothing: better it finds no BTF. */
static int hide_btf(struct legacy_elf *e)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(e->elf, scn))) {
		const char *name = legacy_section_name(e, scn);

		if (strncmp(name, ".BTF", 4) && strncmp(name, ".rel.BTF", 8))
			continue;
		if (!gelf_getshdr(scn, &shdr))
			return -EINVAL;
		shdr.sh_name++;
		if (!gelf_update_shdr(scn, &shdr))
			return -EINVAL;
	}
	return 0;
}

int legacy_rewrite(struct legacy_elf *e, long long pinning)
{
	struct legacy_definition *list = calloc(LEGACY_MAPS_MAX, sizeof(*list));
	int err = list ? 0 : -ENOMEM;

	if (!err && e->maps)
		err = write_maps(e, pinning, list);
	if (!err)
		err = hide_btf(e);
	if (!err && elf_update(e->elf, ELF_C_WRITE) < 0)
		err = -EIO;
	if (err)
		legacy_refuse(e, err, "%s", elf_errmsg(-1));
	/* libelf has it no more. */
	free(list);
	return err;
}
