/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a load does where a pinned map is not of the object's definition, for all maps or for one.
 */
#ifndef PINNING_MISMATCH_H
#define PINNING_MISMATCH_H

#include <stdbool.h>
#include "pinning/object.h"

enum mismatch {
	MISMATCH_FAIL,
	MISMATCH_FRESH,   /* a new, empty map; the old one stays as <map>%old-<id> */
	MISMATCH_MIGRATE, /* a new map, into which the content is carried over */
};

/* So many maps can be named. */
#define MISMATCH_MAPS_MAX 64

struct mismatches {
	enum mismatch all;
	bool has_all; /* it was said */
	const char
		*maps[MISMATCH_MAPS_MAX + 1]; /* "MAP=DO" words that go before, NULL at the end */
};

/* What the user wants done with the map of that name. */
enum mismatch mismatch_of(const struct mismatches *how, const char *map);

/* That was said of this very map. */
bool mismatch_names(const struct mismatches *how, const char *map);

/* It is done to all maps, or to one of them. */
bool mismatch_any(const struct mismatches *how, enum mismatch what);

/* Take a word of the user, "DO" or "MAP=DO"; what is wrong with it is said, then false. */
bool mismatch_parse(const char *tool, const char *text, struct mismatches *how);

/* Whether the object has all maps that are named. Returns 0, or -EINVAL, said as wrong usage. */
int mismatch_check(const struct object *object, const struct mismatches *how);

#endif
