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

/*
 * The record of a directory names the old maps (of lists and of flow state) that stay, although
 * what could be was brought over: once more, it would bring back what was deleted since. Add: as
 * far as there is room, the oldest ones go.
 */
bool carry_done_has(const struct record *rec, __u32 old_map_id);
void carry_done_add(struct record *rec, __u32 old_map_id);

/*
 * And in which state such a list came over, see migrate_fingerprint(): what was edited since in the
 * old one did not. Add: as far as there is room, the oldest ones go. Get: false if it is not known.
 */
void carry_came_add(struct record *rec, const struct carried *one);
bool carry_came_get(const struct record *rec, __u32 old_map_id, __u64 *print);

/* The list is not as it came over, or that is not known. Reports its failures, by which it is. */
bool carry_came_differs(const struct record *rec, __u32 old_map_id, int old_fd);

/* Forget those that are no old maps any more. */
void carry_done_keep(struct record *rec, bool (*is_old)(const void *context, __u32 old_map_id),
                     const void *context);

#endif
