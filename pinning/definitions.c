// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/btf.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "pinning/btf_check.h"
#include "pinning/definitions.h"

/* Under this name ip and tc without libbpf do not look for it: see compat/legacy_rewrite.c. */
#define HIDDEN_BTF "BTF"

static Elf_Data *find_hidden(Elf *elf)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *name =
			gelf_getshdr(scn, &shdr) ? elf_strptr(elf, names, shdr.sh_name) : NULL;

		if (name && !strcmp(name, HIDDEN_BTF))
			return elf_getdata(scn, NULL);
	}
	return NULL;
}

static struct btf *read_hidden(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct btf *btf = NULL;
	Elf_Data *data;
	Elf *elf;

	if (fd < 0)
		return NULL;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	data = find_hidden(elf);
	if (data && data->d_buf)
		btf = btf__new(data->d_buf, data->d_size);
	elf_end(elf);
	close(fd);
	return btf;
}

/* NAME.o beside the folder legacy/ that the file is in. */
static struct btf *read_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	int dir = slash ? (int)(slash - path) - 6 : -1;
	char beside[PATH_MAX];

	if (dir < 0 || strncmp(path + dir, "legacy/", 7) != 0 || (dir && path[dir - 1] != '/'))
		return NULL;
	if (snprintf(beside, sizeof(beside), "%.*s%s", dir, path, slash + 1) >= PATH_MAX)
		return NULL;
	return btf__parse_elf(beside, NULL);
}

struct btf *definitions_of_legacy(const char *path)
{
	struct btf *btf = read_hidden(path);
	char why[96];

	if (!btf)
		btf = read_beside(path);
	/* libbpf takes it as it comes. */
	if (!btf || !btf_check(btf, why))
		return btf;
	btf__free(btf);
	return NULL;
}

/* __type(member, T) is a pointer to T. */
static __u32 behind_pointer(const struct btf *btf, __u32 type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);

	return type && btf_is_ptr(type) ? type->type : 0;
}

void definitions_find(const struct btf *btf, const char *name, struct map_definition *definition)
{
	__s32 id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_VAR) : 0;
	const struct btf_member *member;
	const struct btf_type *type;

	memset(definition, 0, sizeof(*definition));
	if (id <= 0)
		return;
	definition->btf = btf;
	type = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	if (!type || !btf_is_struct(type))
		return;
	member = btf_members(type);
	for (int i = 0; i < btf_vlen(type); i++, member++) {
		const char *what = btf__name_by_offset(btf, member->name_off);

		if (!strcmp(what, "key"))
			definition->key_type = behind_pointer(btf, member->type);
		else if (!strcmp(what, "value"))
			definition->value_type = behind_pointer(btf, member->type);
	}
}
