/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps of the program that is replaced which are not pinned in the interface's directory: others
 * keep them, or their pins were removed. The new program would begin without what they hold.
 */
#ifndef PINNING_REUSE_UNPINNED_H
#define PINNING_REUSE_UNPINNED_H

#include "bpffs/live.h"
#include "bpffs/owners.h"
#include "bpffs/recall.h"
#include "bpffs/view.h"
#include "pinning/reuse.h"

struct reuse_unpinned {
	const struct live *replaced;  /* that program, and what it uses, as far as known */
	const struct recalled *lacks; /* what is not known of it */
	const struct owners *owners;  /* of all pins but those in the directory */
	const struct reuse_options *how;
	bool (*keeps_name)(const void *context, __u32 map_id); /* with how->context */
	__u32 prog_id;
	struct view *pinned; /* empty: what is listed in the directory comes here */
	bool replace;        /* what they hold may be left behind */
	bool others;         /* the program is of others: what goes with it is told later */
};

/*
 * See that the object is loaded with all the maps of the replaced program that it has by name; a
 * new one only if the user says so (MISMATCH_FRESH of that map, or in->replace), which is noted.
 * Maps that could not be looked at are said. Not for program arrays, which are always made anew,
 * and streams, which hold no state. Before reuse_maps(), or with the object loaded already, for
 * another interface. Reports its failures. Returns 0, -EEXIST, or another negative errno;
 * view_close() releases in->pinned in any case.
 */
int reuse_check_unpinned(const struct object *object, const struct directory *dir,
                         const struct reuse_unpinned *in);

#endif
