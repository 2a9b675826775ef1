/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a load carries over from pinned maps into maps of another definition, in the order of the
 * protocol: planned before the object is loaded, copied before the switch, reconciled around it,
 * merged after the pins were exchanged.
 */
#ifndef PINNING_CARRY_H
#define PINNING_CARRY_H

#include <stdbool.h>
#include "bpffs/name.h"
#include "pinning/migrate.h"

struct object;

/* One map that is carried over. */
struct carried {
	struct migration *m;
	struct migrate_map from, to;
	const struct bpf_map *map; /* of the object */
	char name[NAME_SIZE];
	__u32 from_id, to_id; /* to_id once the object is loaded */
	enum migrate_class class;
	bool complete; /* nothing is left in the old map */
};

struct carry {
	struct carried *list;
	size_t len;
};

/*
 * Plan to carry a pinned map over into a map of the object, and print what becomes of each field.
 * classes: "MAP=CLASS" words that override what the object says, NULL at the end; or NULL.
 * Reports its failures. Returns 0, -EOPNOTSUPP if it cannot be done (the rows say why), or another
 * negative errno.
 */
int carry_plan(struct carry *carry, const struct object *object, const struct bpf_map *map,
               int pin_fd, const char *const *classes);

/* The object is loaded: copy what is copied before the switch. Reports its failures. */
int carry_copy(struct carry *carry);

/* Bring over what others changed meanwhile: directly before the switch, and directly after it. */
int carry_reconcile(struct carry *carry);

/* The new maps are in use and published: merge counters, and say what could not be kept. */
int carry_merge(struct carry *carry);

void carry_free(struct carry *carry);

#endif
