/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a load noted of content that it carries over, and the maps that this is about. */
#ifndef PINNING_CARRY_OPEN_H
#define PINNING_CARRY_OPEN_H

#include "pinning/carry.h"

/* Add what the notes say in %carry of a directory or stage. Returns 0 or a negative errno. */
int carry_open_marks(struct carry *carry, int dir_fd);

/*
 * Open the old map: under the name of both while it is still in place, else under its %old name.
 * Returns 0, -ENOENT, -ESTALE if another map is there, or another negative errno. Silent.
 */
int carry_open_old(struct carried *one, int dir_fd, bool in_place);

/*
 * Open the new map in a directory or stage, which for anything but counters must be the one that
 * was copied to. Returns as above. Silent.
 */
int carry_open_new(struct carried *one, int dir_fd);

/*
 * Go on from what was copied before the switch, without which nobody can tell an edit from a copy:
 * the map in %carry of a directory or stage, which is called `where` for messages. Reports its
 * failures. Returns 0 or a negative errno.
 */
int carry_open_base(struct carried *one, int dir_fd, const char *where);

/*
 * The object is loaded: have the plan write into its map, whose id is to_id then. Reports its
 * failures. Returns 0 or a negative errno; -EPERM where the map is opened for reading or writing
 * alone, which without CAP_SYS_ADMIN cannot be got around.
 */
int carry_open_target(struct carried *one);

/*
 * one->joins: begin to add to the map that is in place. Reports its failures. Returns 0, -EPERM if
 * that is frozen and lacks an entry, or another negative errno.
 */
int carry_begin(struct carried *one);

#endif
