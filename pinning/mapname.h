/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The full name of a map, of which the kernel keeps 15 characters. */
#ifndef PINNING_MAPNAME_H
#define PINNING_MAPNAME_H

#include <stdbool.h>
#include "bpffs/live.h"
#include "bpffs/name.h"
#include "bpffs/view.h"

/*
 * A map that belongs to its object file alone, as far as the kernel's side of it shows: libbpf
 * names these by their section (.rodata, .bss, .data, .kconfig), and makes each an array of one
 * entry whose key has no type. A map that the object defines by itself may have a dot in its name
 * too.
 */
bool mapname_is_internal(const struct bpf_map_info *map);

/*
 * The name under which a map is pinned in the directory already, if that is the kernel's name for
 * it as far as the kernel kept it: a loader that knew the full name pinned it so.
 */
bool mapname_pinned(const struct view *pinned, const struct bpf_map_info *map,
                    char name[NAME_SIZE]);

/*
 * Find the full name of a map in the BTF of a program that uses it (its .maps section). A name that
 * several maps of the program share in its first 15 characters is told apart by their definitions.
 * Returns 0; otherwise *why says, for the user, why it has no name.
 */
int mapname_find(const struct live_prog *prog, const struct bpf_map_info *map, char name[NAME_SIZE],
                 const char **why);

#endif
