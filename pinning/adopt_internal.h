/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of adopting share. */
#ifndef PINNING_ADOPT_INTERNAL_H
#define PINNING_ADOPT_INTERNAL_H

#include "bpffs/live.h"
#include "bpffs/owners.h"
#include "bpffs/query.h"
#include "bpffs/stage.h"
#include "pinning/adopt.h"

/* Everything that one round of adopting works with. */
struct adoption {
	const struct interface *iface;
	const struct adopt_options *options;
	struct adopt_report *report;
	struct bpffs fs;
	struct attachments attached;
	struct live live;
	struct owners owners;
	struct directory dir;
	struct carry carry; /* of this round */
	bool resumed;       /* what was still to be brought over was seen to */
	__u32 group;        /* of options->group */
};

/*
 * adopt_round.c: claim the directory, decide on each map, and pin. Reports its failures. Returns 0
 * or a negative errno.
 */
int adopt_once(struct adoption *a);

/*
 * adopt_beside.c: a map that another hook's took the name of is pinned as NAME%old-ID, as if it had
 * been there first: what it holds can be brought over then. Forgets in the plan those that are not
 * to be. stage NULL: only that. Reports its failures. Returns 0 or a negative errno.
 */
int adopt_keep_beside(struct adoption *a, struct stage *stage);

/*
 * The plan is made: the egress program did not follow when a list was carried over into another
 * map, and has a new one now: which map the other hooks went on with. Sets went_to.
 */
void adopt_find_went_to(struct adoption *a);

/*
 * What the hooks had as one and neither goes on with, stays in %egress/ as well, for the map that
 * is there now: each place gets a copy of a list. So does what the egress program did not follow
 * to. Reports its failures. Returns 0 or a negative errno.
 */
int adopt_keep_parted(const struct adoption *a, struct stage *stage);

/*
 * adopt_left.c: the plan is made: which lists gave way, now or by the record before, and have
 * entries that the map in place has not. Sets lacks and apart_id; with options->carry only where
 * no %old name tells of it. Reports its failures. Returns 0 or a negative errno.
 */
int adopt_find_left(struct adoption *a);

/* Note these in rec: what is in them is still to be brought over. */
void adopt_note_left(const struct adoption *a, struct record *rec);

/*
 * adopt_content.c: what is to be carried over from the maps that are replaced; of a dry run, also
 * what will not fit. Reports its failures. Returns 0 or a negative errno.
 */
int adopt_find_content(struct adoption *a);

/* Merge what was found, now that the pins are in place. What fails is left to a later run. */
void adopt_carry_content(struct adoption *a, struct stage *stage);

/* The report has what all rounds did. Reports its failures. Returns 0 or a negative errno. */
int adopt_keep_content(struct adoption *a);

/* What a load has left to bring over is brought over without any program as well. */
void adopt_resume_carry(struct adoption *a);

/* adopt_tell.c: nothing runs on the interface; what is left there is named. Returns -ENOENT. */
int adopt_tell_nothing(const struct adoption *a);

/*
 * Behind one dispatcher, several programs with maps of one name: only one of these can be pinned
 * and seen. They have it together if they are put there with what is pinned.
 */
void adopt_tell_behind(const struct adoption *a);

/* What ingress and egress count is in one map, as stock tc leads both to where it pins. */
void adopt_tell_one_for_both(const struct adoption *a);

/* Somebody gave it that name: from another object, for one. It may be what others read it by. */
void adopt_tell_otherwise(const struct adoption *a);

/* Lists that gave way to others, in this run or in earlier ones, have entries by which no program
 * goes now; unless carried over. */
void adopt_tell_out_of_force(const struct adoption *a);

/* So do lists that other hooks go on with, and that the egress program had as well until now. */
void adopt_tell_parted(const struct adoption *a);

#endif
