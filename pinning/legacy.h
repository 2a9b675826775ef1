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

/*
 * Rewrite such an object, in memory, to BTF-defined maps of the same names and shapes. *object is
 * to be freed. BTF that the file has is left out: it describes the old structures.
 * Reports its failures. Returns 0, -EOPNOTSUPP for maps inside maps, or another negative errno.
 */
int legacy_convert(const char *path, void **object, size_t *size);

#endif
