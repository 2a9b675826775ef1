/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an object's BTF says of its maps, where the kernel was given none: types and classes. */
#ifndef PINNING_DEFINITIONS_H
#define PINNING_DEFINITIONS_H

#include <linux/types.h>

struct btf;

/* Types of a map. The BTF is somebody else's; NULL: nothing tells them. */
struct map_definition {
	const struct btf *btf;
	__u32 key_type, value_type; /* ids in it, or 0 */
};

/*
 * The BTF of an object in the old dialect, as it was before its maps were written in that: what
 * btf2legacy left in the file, else that of NAME.o beside legacy/NAME.o. btf__free() it. NULL if
 * there is none that can be used, without a word.
 */
struct btf *definitions_of_legacy(const char *path);

/* What the BTF says of the map of that name. definition->btf is NULL if it defines none. */
void definitions_find(const struct btf *btf, const char *name, struct map_definition *definition);

#endif
