/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The notes of what is carried over, below %carry/ in an interface's directory. */
#ifndef PINNING_CARRY_MARK_H
#define PINNING_CARRY_MARK_H

#include "pinning/carry.h"

/* The record for the note of one map. Returns 0 or -E2BIG. */
int carry_mark_write(const struct carried *one, struct record *rec);

/*
 * Add what the note of an old map says, without its maps. Returns 0, -ENOMEM, or -EINVAL for what
 * is no such record. Silent.
 */
int carry_mark_read(struct carry *carry, const struct record *rec, __u32 old_map_id);

/* Its old map can be closed to edits: nobody goes on with it, and it was not done yet. */
bool carry_may_freeze(const struct carried *one);

/* Where its maps are pinned, as paths below the directory. Returns 0 or a negative errno. */
int carry_new_path(const struct carried *one, char *path, size_t size);
int carry_old_path(const struct carried *one, char *path, size_t size);

#endif
