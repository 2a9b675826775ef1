/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A BTF object that is to be rewritten for iproute2's own ELF loader: what check and write share.
 */
#ifndef COMPAT_LEGACY_ELF_H
#define COMPAT_LEGACY_ELF_H

#include <bpf/libbpf.h>
#include <gelf.h>
#include <stddef.h>

/* What that loader has room for (ELF_MAX_MAPS). */
#define LEGACY_MAPS_MAX 64

/* Each map as its object says; or in no place, or in tc/globals; else a number of bpf_pinning. */
enum {
	LEGACY_PIN_AS_IS = -1,
	LEGACY_PIN_NONE = 0,
	LEGACY_PIN_GLOBAL = 2,
};

/* struct bpf_elf_map of iproute2: nine words. */
struct legacy_definition {
	__u32 type, key_size, value_size, max_entries, flags, id, pinning, inner_id, inner_idx;
};

_Static_assert(sizeof(struct legacy_definition) == 36, "iproute2 refuses another size");

struct legacy_elf {
	const char *path;
	struct bpf_object *obj; /* as libbpf reads it */
	Elf *elf;               /* a copy of the file that may be written to */
	size_t names;           /* index of the section with the names of sections */
	Elf_Scn *maps, *symtab; /* maps: NULL if there is none */
	size_t maps_index;
	struct bpf_map *list[LEGACY_MAPS_MAX]; /* in the order of the section */
	size_t symbols[LEGACY_MAPS_MAX];       /* of each: its index in the symbol table */
	size_t len;
};

/* Report why the object cannot be rewritten; the text says what in it is in the way. Returns err.
 */
int legacy_refuse(const struct legacy_elf *e, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The name of a section, "" if it has none; and of a symbol. */
const char *legacy_section_name(const struct legacy_elf *e, Elf_Scn *scn);
const char *legacy_symbol_name(const struct legacy_elf *e, const GElf_Sym *sym);

/*
 * Open the object that fd is open on, and refuse whatever that loader would take wrongly or not at
 * all, by its sections, maps and programs; this finds the maps and their symbols. access:
 * ELF_C_READ, or ELF_C_RDWR if it is to be rewritten. Reports its failures. Returns 0 or
 * -EOPNOTSUPP, or -EINVAL for a file that is damaged. legacy_close() must follow in any case.
 */
int legacy_check(struct legacy_elf *e, int fd, Elf_Cmd access);
void legacy_close(struct legacy_elf *e);

/* Why the last object was refused; "" if none was. */
const char *legacy_refusal(void);

/* The last part of it: what the programs call and refer to. */
int legacy_check_code(const struct legacy_elf *e);

/*
 * Rewrite the ELF file: pinning is one of the above, or a number. Reports its failures. Returns 0
 * or a negative errno.
 */
int legacy_rewrite(struct legacy_elf *e, long long pinning);

#endif
