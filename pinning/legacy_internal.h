/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of rewriting an object in the old dialect share. */
#ifndef PINNING_LEGACY_INTERNAL_H
#define PINNING_LEGACY_INTERNAL_H

#include <gelf.h>
#include <linux/types.h>
#include "pinning/legacy.h"

struct btf;

#define CONVERSION_MAPS_MAX 256

/* A BTF-defined map is a struct of pointers, one for each attribute. */
#define BTF_MAP_SIZE (5 * sizeof(__u64))

/* One object, and what is made of it. What is allocated here is released by legacy_convert(). */
struct conversion {
	const char *path;
	Elf *elf;
	Elf_Scn *maps, *symtab;
	size_t maps_index, strtab_index;
	char *section_names; /* the new string table of section names */
	size_t names_base;   /* where the new ones begin in it */
	void *maps_bytes;
	struct btf *btf;
	size_t symbols[CONVERSION_MAPS_MAX]; /* in the symbol table, in the order of the maps */
	size_t len;
	struct legacy_ids *ids;
};

/* Report why the file cannot be rewritten. Returns err. */
int legacy_unreadable(const struct conversion *c, int err, const char *why);

/*
 * legacy_maps.c: find the old definitions, in the order in which they are in their section, and
 * describe them in c->btf. Each reports its failures, and returns 0 or a negative errno.
 */
int legacy_find_maps(struct conversion *c);
int legacy_make_btf(struct conversion *c);

/*
 * legacy_sections.c: have the sections of c->elf, which is open for writing, as libbpf reads them.
 * Returns 0 or a negative errno. Silent.
 */
int legacy_rewrite_sections(struct conversion *c);

#endif
