/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pins that go with a program which is taken off. */
#ifndef PINNING_UNLOAD_PINS_H
#define PINNING_UNLOAD_PINS_H

#include "bpffs/live.h"
#include "bpffs/owners.h"
#include "bpffs/stage.h"
#include "bpffs/view.h"
#include "pinning/elsewhere.h"
#include "pinning/plan.h"

/*
 * Have the pin of a program dropped that is in %progs/<hook>/, if it is there; with prog_id 0 of
 * any program.
 * Reports its failures. Returns 0 or a negative errno.
 */
int unload_drop_prog(struct stage *stage, const struct directory *dir, enum hook hook,
                     __u32 prog_id);

/*
 * What is attached, and besides, as if it were, what is pinned below %progs/ but for the program
 * that goes: prepared ones need their maps as well. attachments_free() releases it. Reports its
 * failures. Returns 0 or a negative errno.
 */
int unload_list_staying(const struct directory *dir, const struct attachments *attached,
                        const struct attachment *going, struct attachments *out);

/* Which pins of maps are to go. */
struct purging {
	struct stage *stage; /* NULL: they are only counted */
	const struct bpffs *fs;
	const struct interface *iface;
	const struct directory *dir;
	const struct live *going;   /* the program that goes; NULL: all that is ours */
	const struct live *staying; /* all else that is on the interface, or prepared for it */
	struct plan *plan;          /* of what is ours of that, with live as its input's */
	const struct live *live;
	unsigned int count; /* of pins that go */

	/* Looked at once they are asked for: */
	struct elsewhere others;
	bool has_others;
	struct owners owners; /* of all pins but those in dir */
	bool has_owners;
};

/*
 * Have the pins of those maps dropped that the program which goes uses, and what they replaced; or
 * all that are ours. What a program uses that stays, stays pinned, also one of another interface if
 * no other pin has the map, which is said; and gets the name that it had to leave to one that goes:
 * then plan has it as PLAN_PINNED. With going NULL what others pinned in the directory is named.
 * Reports its failures. Returns 0 or a negative errno; unload_purge_free() must follow in any case.
 */
int unload_drop_maps(struct purging *p);
void unload_purge_free(struct purging *p);

/*
 * unload_dropped.c: the programs that stay go on with another map of the name that this one has,
 * and may have counted in this one before: say what goes with it. Reports its failures. Returns 0
 * or a negative errno.
 */
int unload_tell_dropped(const struct purging *p, const struct view *view,
                        const struct view_map *pin);

/* Have one pin of a map dropped, with the symlink of %egress/ to it. Reports its failures. */
int unload_drop_pin(struct stage *stage, const struct directory *dir, const struct view_map *pin);

#endif
