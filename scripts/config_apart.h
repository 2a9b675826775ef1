/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of an interface that have maps of their own beside those that a tool works on. */
#ifndef SCRIPTS_CONFIG_APART_H
#define SCRIPTS_CONFIG_APART_H

#include "scripts/config.h"

/*
 * Name each program that runs on the interface and uses another map of this name than the pinned
 * one, with a hint how it comes to share that. If no program uses the pinned one it is another
 * matter: then nothing is said, unless map_id is 0, which means that none is pinned. Maps of the
 * loader of ip and tc without libbpf have no names, and are not seen. Returns how many programs
 * were named; 0 as well without the privilege to look.
 */
unsigned int config_apart_tell(const struct config *config, const char *map, __u32 map_id);

/*
 * Another map of that name is pinned than what the tool needs, map_id: if a program that runs has
 * one that does, say that it is not pinned, with a hint. Returns whether; false as well without the
 * privilege to look.
 */
bool config_apart_tell_other(const struct config *config, const struct config_map *wanted,
                             __u32 map_id);

/*
 * The same as the first until something was said of the interface, at the first map, since an
 * object makes all of its maps, or none; and at each that has another one of its name beside it:
 * of an object that was upgraded on one hook, only the maps of another definition are.
 */
void config_apart_check(const struct config *config, const char *map, __u32 map_id, bool beside);

#endif
