/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which maps of an object the programs that are loaded refer to: the others are none of theirs. */
#ifndef PINNING_OBJECT_MAPS_H
#define PINNING_OBJECT_MAPS_H

#include <stdbool.h>
#include "pinning/object.h"

/*
 * Before the object is loaded, each time that other programs of it are to be (autoload): only maps
 * that these use are made, by the relocations of their code and of the functions that they call;
 * also those inside a map of maps, and what libbpf fills in any case. All, if the file is of the
 * old dialect or cannot be followed. Silent.
 */
void object_maps_choose(struct object *object);

/*
 * Whether the object itself puts the program into a program array, which keeps it; in the old
 * dialect sections say so, and all are taken to.
 */
bool object_places(const struct object *object, const struct bpf_program *prog);

/* Whether it is a map that the programs use, and not the object's own data. */
bool object_map_counts(const struct bpf_map *map);

size_t object_maps_count(const struct object *object);

#endif
