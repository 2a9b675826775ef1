/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a map that gave way to another one of its name is pinned by now. */
#ifndef PINNING_OLD_PIN_H
#define PINNING_OLD_PIN_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct plan_map;

/*
 * Below the directory: as NAME%old-ID in its place (in %egress/, or flat), or in the other one,
 * where it is once an egress program has the flat map; or under its name in %egress/, if it is
 * still the map of the egress program. Returns 0, or -ENOENT with the first of these in path; or
 * another negative errno. Silent.
 */
int old_pin_find(int dir_fd, const char *name, bool egress, __u32 id, char *path, size_t size);

/* The same as a full path, of the map that this one replaced. */
int old_pin_of(const struct plan_map *map, char *path, size_t size);

/* What an egress program that has the flat map by now left, is beside that. */
bool old_pin_is_egress(int dir_fd, const char *name, bool egress);

#endif
