/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to be carried over where other loaders switched the programs before. */
#ifndef PINNING_CARRY_FIND_H
#define PINNING_CARRY_FIND_H

#include "bpffs/live.h"
#include "bpffs/owners.h"
#include "pinning/carry.h"
#include "pinning/plan.h"

struct carry_search {
	const struct interface *iface;
	const struct directory *dir;
	const struct plan *plan;
	const struct live *live;
	const struct owners *owners; /* of all pins but those in dir */
	const char *const *classes;  /* "MAP=CLASS" words, NULL at the end; or NULL */
};

/*
 * Plan to carry over, into each map that the plan publishes, the map that it replaces and what
 * earlier replacements left of that name, newest first. What cannot be is in the list as well, with
 * its why. Prints what becomes of fields that differ. The caller has the BPF filesystem's lock, or
 * changes nothing. Reports its failures. Returns 0 or a negative errno.
 */
int carry_find(struct carry *carry, const struct carry_search *in);

/* Forget in rec, which the directory is about to get, the old maps that are not pinned in it any
 * more. */
int carry_forget(const struct directory *dir, struct record *rec);

#endif
