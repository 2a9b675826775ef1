/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Global variables: the maps .bss and .data of an object, which libbpf makes anew at each load.
 * What the program that is replaced has in its own is compared variable by variable, by their names
 * in BTF, and carried over where the user wants it.
 */
#ifndef PINNING_GLOBALS_H
#define PINNING_GLOBALS_H

#include "bpffs/live.h"
#include "bpffs/query.h"
#include "pinning/mismatch.h"
#include "pinning/object.h"

/* What becomes of the values that differ from those of the new program. */
struct global_values {
	unsigned int carried;
	unsigned int lost;
	unsigned int alike; /* of these, the new program has one of the same name */
	unsigned int unfit; /* of these, the new program has them, and they should be carried */
	char names[160];    /* of the variables that are lost, as many as there is room for */
};

/* An internal map of the object. */
struct global_map {
	const struct bpf_map *map;
	const char *name; /* ".bss"; the object's */
	__u32 id, old_id; /* old_id: of the map in the old program that has its variables, or 0 */
	bool carry;       /* the user wants it */
	struct global_values values;
};

struct globals {
	struct global_map *list; /* in the order of the object */
	size_t len;
	const struct object *object;
	struct live old;          /* the program that is replaced, and its maps */
	struct global_values all; /* of all maps, those included that the object lacks */
};

/*
 * List the internal maps of an object that is loaded, and see what of the variables of the program
 * at `old` (NULL: nothing is replaced) would not be in the new one, if they are carried over as the
 * user wants it (how; NULL: not at all). That takes CAP_SYS_ADMIN, without which nothing is found.
 * Returns 0, -EPERM for that, or another negative errno; silent.
 */
int globals_find(struct globals *g, const struct object *object, const struct attachment *old,
                 const struct mismatches *how);

/*
 * Write the values of the old program into the maps that are to have them; directly before the
 * switch. What a program writes later is lost. Returns 0 or a negative errno; silent.
 */
int globals_carry(struct globals *g);

void globals_free(struct globals *g);

/* The program at `old` of globals_find() has no internal maps at all. */
bool globals_old_has_none(const struct globals *g);

/*
 * globals_values.c: add to *values what becomes of the variables of the map `from` in a map of the
 * object, whose present values are what it was loaded with; to NULL: it has none of that name.
 * write: the values of `from` are written there.
 * Returns 0 or a negative errno; silent.
 */
int global_values_compare(const struct object *object, const struct bpf_map *to, int from_fd,
                          bool carry, bool write, struct global_values *values);

/* Add to the names of those that are lost, as far as there is room. */
void global_values_name(struct global_values *values, const char *name);

#endif
