/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hooks of an interface share their maps by name. One that is upgraded before the others leaves
 * them the old maps for so long: these come together again when the others follow.
 */
#ifndef PINNING_REUSE_JOIN_H
#define PINNING_REUSE_JOIN_H

#include "pinning/reuse.h"

#define REUSE_JOINED 1

/*
 * An egress program has a map of its own, pin_fd, and the one that the other hooks have under this
 * name is as the object defines it: the object gets that one. With MISMATCH_MIGRATE what the own
 * one has comes there. Where both would do, only if the user says so of this very map; else it is
 * said. Reports its failures. Returns REUSE_JOINED, 0 if the own one is to be dealt with as any
 * other, or a negative errno.
 */
int reuse_join(const struct object *object, struct bpf_map *map, const struct directory *dir,
               int pin_fd, const struct bpf_map_info *info, const struct reuse_options *how);

/*
 * The map of the egress program's own differs from what the object defines, and the one that has
 * the flat name does not: with MISMATCH_FRESH it would be that one. Silent.
 */
bool reuse_would_join(const struct object *object, const struct bpf_map *map,
                      const struct directory *dir, int pin_fd, const struct reuse_options *how);

/*
 * The object uses a pinned map on. What the program that it replaces counted meanwhile in the one
 * that had this name before, comes there with MISMATCH_MIGRATE, and is named else. Reports its
 * failures. Returns 0 or a negative errno.
 */
int reuse_add_left(const struct object *object, const struct bpf_map *map,
                   const struct directory *dir, __u32 map_id, const struct reuse_options *how);

/* reuse_fit.c: what is pinned is neither used on nor carried over. */
bool reuse_is_made_anew(int map_fd, const struct bpf_map_info *info, const char *name);

/* reuse_refuse.c: its types are there, but not to be read by this run. */
bool reuse_is_denied(int map_fd);

/* reuse_fit.c: the pinned map is as the object defines it, and its programs may use it. Silent. */
bool reuse_fits(const struct object *object, const struct bpf_map *map, const struct directory *dir,
                int pin_fd, const struct bpf_map_info *info);

#endif
