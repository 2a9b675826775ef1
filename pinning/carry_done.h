/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a directory's record says of content that came over before. */
#ifndef PINNING_CARRY_DONE_H
#define PINNING_CARRY_DONE_H

#include "pinning/carry.h"

/*
 * The record of a directory names the old maps (of lists and of flow state) that stay, although
 * what could be was brought over: once more, it would bring back what was deleted since. Has: it
 * came over into some map; into: into this one, or into which is not known.
 */
bool carry_done_has(const struct record *rec, __u32 old_map_id);
bool carry_done_into(const struct record *rec, __u32 old_map_id, __u32 map_id);

/*
 * Note that one->from_id came over into one->to_id, and for a list, unless it was done before, in
 * which state, see migrate_fingerprint(): what is edited in the old one after that did not come. As
 * far as there is room, the oldest ones go.
 */
void carry_done_add(struct record *rec, const struct carried *one);

/* What had come over into one->from_id, is in one->to_id now. */
void carry_done_follow(struct record *rec, const struct carried *one);

/*
 * What is noted of an old map: false if it is not known. It came into more than one map where two
 * hooks had it as one and each has a new one: the nth of these, from 0.
 */
bool carry_came_get(const struct record *rec, __u32 old_map_id, __u64 *print);
bool carry_into_get(const struct record *rec, __u32 old_map_id, unsigned int nth, __u32 *map_id);

/* The list is not as it came over, or that is not known. Reports its failures, by which it is. */
bool carry_came_differs(const struct record *rec, __u32 old_map_id, int old_fd);

/* Forget those that are no old maps any more; and into which they came, but for the last, that is
 * not pinned. */
void carry_done_keep(struct record *rec, bool (*is_old)(const void *context, __u32 old_map_id),
                     bool (*is_pinned)(const void *context, __u32 map_id), const void *context);

/*
 * A list gave way to the map named, of another loader, and what is in it is still to be brought
 * over: it is an old map, or stays under a name of another hook, which goes on with it. Add: for as
 * long as there is room. Move: that map gave way to another one. Get: false if it is not so. Keep:
 * forget those of which either map is not pinned any more.
 */
void carry_gave_way_add(struct record *rec, __u32 old_map_id, __u32 map_id);
void carry_gave_way_move(struct record *rec, __u32 map_id, __u32 to_id);
bool carry_gave_way_get(const struct record *rec, __u32 old_map_id, __u32 *map_id);
void carry_gave_way_keep(struct record *rec, bool (*is_pinned)(const void *context, __u32 map_id),
                         const void *context);

/*
 * A map of the egress program, under its name in %egress/, was that of other hooks as well, until
 * what is in it, but for counts, went with them into the map named. That the hooks are apart is
 * thus nobody's wish. Add: one->from_id stays for another hook; as far as there is room. Get: false
 * if it is not so. Keep: forget those that are no maps of the egress program any more.
 */
void carry_parted_add(struct record *rec, const struct carried *one);
bool carry_parted_get(const struct record *rec, __u32 old_map_id, __u32 *map_id);
void carry_parted_keep(struct record *rec, bool (*is_own)(const void *context, __u32 map_id),
                       const void *context);

#endif
