/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of pinning/reuse share. */
#ifndef PINNING_REUSE_INTERNAL_H
#define PINNING_REUSE_INTERNAL_H

#include "pinning/reuse.h"
#include "pinning/reuse_join.h"
#include "pinning/shape.h"

/* Returned where the definitions differ, so that all maps are looked at before it fails. */
#define REUSE_DIFFERS   (REUSE_JOINED + 1)
#define REUSE_UNMOVABLE (REUSE_JOINED + 2)
/* Nothing but the program that has the map is in the way. */
#define REUSE_IN_USE (REUSE_JOINED + 3)

/* An entry of a devmap or cpumap that carries a program. */
struct reuse_entry {
	__u32 key, prog_id; /* 0: there is none */
};

/* reuse_fit.c: the first entry that has one. Silent. */
struct reuse_entry reuse_entry_prog(int map_fd, const struct bpf_map_info *info);

/*
 * reuse_fit.c: an empty link that a program which stays attached has, and that the object's can
 * have beside it: what is put into the row later has to follow both.
 */
bool reuse_runs_on(const struct object *object, const struct bpf_map *map, int pin_fd,
                   const struct bpf_map_info *info, const struct reuse_options *how);

/* See pinning/kind.h: other maps are bound to no programs. */
bool reuse_is_bound(__u32 type);

/* reuse_pin.c: what has the name of a map cannot be opened: say what it is, if that is why. Returns
 * a negative errno. */
int reuse_refuse_pin(const struct directory *dir, enum hook hook, const char *name, int err);

/*
 * reuse_refuse.c: say why, with hints. Return a negative errno, or one of the above where other
 * maps are still to be looked at. in_use: a program goes on with the map under its name; stream: it
 * holds no state; joins: --on-mismatch fresh takes the map of the other hooks.
 */
int reuse_refuse_link(const struct object *object, const char *name, const struct directory *dir,
                      int map_fd);
int reuse_refuse_content(const char *name, __u32 type, int pin_fd, bool joins);
int reuse_refuse_difference(const struct object *object, const struct bpf_map *map,
                            const struct directory *dir, int pin_fd, bool stream, bool in_use,
                            const struct reuse_options *how, const struct shape_diffs *diffs);
int reuse_refuse_programs(const char *name, const struct directory *dir, bool in_use,
                          const struct reuse_entry *entry);
int reuse_refuse_name(const char *name, const struct directory *dir, __u32 map_id);
void reuse_hint_in_use(void);

#endif
