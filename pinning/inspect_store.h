/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store: objects of a directory by name, each in several builds. */
#ifndef PINNING_INSPECT_STORE_H
#define PINNING_INSPECT_STORE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include "pinning/inspect.h"

/* Room for what a build lacks, and why. */
#define STORE_WHY (INSPECT_WHY + 512)

enum store_variant {
	STORE_PLAIN,        /* NAME.o */
	STORE_FRAGS,        /* NAME_frags.o */
	STORE_PINNED,       /* pinned/NAME.o */
	STORE_PINNED_FRAGS, /* pinned/NAME_frags.o */
	STORE_LEGACY,       /* legacy/NAME.o */
	STORE_LEGACY_FRAGS, /* legacy/NAME_frags.o: that loader has no flag for it */
	STORE_VARIANTS,
};

struct store_object {
	char name[NAME_MAX + 1];
	const char *dir; /* of the store */
};

struct store {
	char **dirs; /* in the order in which they are searched */
	size_t dirs_len;
	struct store_object *objects; /* by name; of equal names the first that is found */
	size_t len;
};

/* One object with all its builds, opened. */
struct store_builds {
	const struct store_object *object;
	bool has[STORE_VARIANTS];
	char paths[STORE_VARIANTS][PATH_MAX];
	struct inspection in[STORE_VARIANTS];
	char twin[NAME_MAX + 8]; /* the object of the same name for the other hook, or "" */
};

/*
 * List the store: the directories of IFBPF_OBJECT_PATH, then objects/ beside the tool, in the
 * source tree, else the installed ones. Reports its failures. Returns 0, -ENOENT if there is no
 * object, or -ENOMEM. store_close() must follow in any case.
 */
int store_open(struct store *store);
void store_close(struct store *store);

/* The object of that name, or with a build of that name; also with ".o". NULL if there is none. */
const struct store_object *store_find(const struct store *store, const char *name);

/*
 * Look at all builds of an object. Reports its failures. Returns 0 or the first negative errno;
 * what can be read is there all the same. store_builds_free() must follow in any case.
 */
int store_inspect(const struct store *store, const struct store_object *object,
                  struct store_builds *builds);
void store_builds_free(struct store_builds *builds);

/* "plain", "frags", "pinned", "pinned_frags", "legacy", "legacy_frags". */
const char *store_variant_name(enum store_variant variant);

/* Why there is no such build, or why it is less than the plain one; "" if neither is so. */
void store_lacks(const struct store_builds *builds, enum store_variant variant,
                 char why[STORE_WHY]);

/* Whether the build is there, and less than the plain one. */
bool store_does_less(const struct store_builds *builds, enum store_variant variant);

/* The first of the builds that the loader accepts, or -1. */
int store_accepted(const struct store_builds *builds, enum inspect_loader loader);

#endif
