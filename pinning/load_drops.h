/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes when another program comes onto a hook: pins that nothing there uses any more. */
#ifndef PINNING_LOAD_DROPS_H
#define PINNING_LOAD_DROPS_H

#include "bpffs/directory.h"
#include "bpffs/live.h"
#include "bpffs/query.h"
#include "bpffs/stage.h"
#include "pinning/plan.h"

struct ownership_unseen;

struct load_drops {
	const struct directory *dir;
	const struct attachments *attached; /* as it was before the switch */
	const struct attachment *old;       /* the one that goes, or NULL */
	const char *old_file;               /* its pin below %progs/<hook>/, or "": not known */
	enum hook hook;
	const char *prog;        /* file name of the program that comes */
	bool link;               /* it is attached by a link */
	__u32 prog_id;           /* of the program that comes */
	struct plan *plan;       /* in which the maps that go are noted */
	const struct live *live; /* as it will be after the switch */
	struct ownership_unseen *unseen;
};

/* Whether a program is still on the hook once the old one is off, or called by one that is. */
bool load_prog_stays(const struct load_drops *d, __u32 prog_id);

/*
 * Have removed, when the stage is published: programs of the hook that are not in use, the link
 * if no program that stays is attached by it, and replaced program arrays of the program, which are
 * empty as soon as they are of no use. In a dry run, stage is NULL, and only the plan is changed.
 * Reports its failures. Returns 0 or a negative errno.
 */
int load_stage_drops(const struct load_drops *d, struct stage *stage);

/* Of a program that is only prepared: the replaced program arrays that no program has, as far as
 * that can be told. The same otherwise. */
int load_stage_unused(const struct load_drops *d, struct stage *stage);

#endif
