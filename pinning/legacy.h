/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects in the old dialect: maps defined by structures in a section "maps" (struct bpf_map_def of
 * libbpf before 1.0, struct bpf_elf_map of iproute2), which libbpf 1.x refuses.
 */
#ifndef PINNING_LEGACY_H
#define PINNING_LEGACY_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the file is an ELF object with a section "maps". */
bool legacy_is_object(const char *path);

/* The ids of the maps of struct bpf_elf_map, by which sections <id>/<key> name program arrays. */
struct legacy_ids {
	struct legacy_id {
		char *name;
		unsigned int id;
	} * list;
	size_t len;
};

void legacy_ids_free(struct legacy_ids *ids);

/*
 * Rewrite such an object, in memory, to BTF-defined maps of the same names and shapes. *object is
 * to be freed, *ids by legacy_ids_free(), after a failure too; it stays empty with bpf_map_def,
 * which has no ids. BTF that the file has is left out: it describes the old structures. Reports its
 * failures. Returns 0, -EOPNOTSUPP for maps inside maps, or another negative errno.
 */
int legacy_convert(const char *path, void **object, size_t *size, struct legacy_ids *ids);

#endif
