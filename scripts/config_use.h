/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what a tool configures is what the programs use: asked at its first map, told once. */
#ifndef SCRIPTS_CONFIG_USE_H
#define SCRIPTS_CONFIG_USE_H

#include <json-c/json.h>
#include "scripts/config.h"

/*
 * What is done once for each interface. A tool can open one several times, and two of them in turn.
 * Starts as all zeros. Returns whether this is the first time.
 */
struct config_once {
	unsigned int seen[2], next;
};
bool config_once(struct config_once *once, unsigned int ifindex);

/* Whether it was done already. */
bool config_was_once(const struct config_once *once, unsigned int ifindex);

/* What is known of the maps that a tool opened; it belongs to a struct config. */
struct config_use;

/* Returns NULL without memory: then nothing is known. */
struct config_use *config_use_new(void);
void config_use_free(struct config_use *use);

/*
 * Look whether a program that is attached uses a map that the tool works on. If none does, say so
 * with a hint, once for each interface. config_open_map() calls this.
 */
void config_use_check(const struct config *config, const char *map, __u32 map_id);

/*
 * Returns whether a map, by its name, type and id, is left from programs of another hook: what was
 * opened so far is in use, and nothing that runs uses this one, or another in its place.
 */
bool config_use_is_left(const struct config *config, const struct config_map *map, __u32 map_id);

/* Forget what was found, and ask the kernel anew at the next map: for tools that watch. */
void config_use_renew(const struct config *config);

/* Say nothing from now on, as on a screen. */
void config_use_silence(const struct config *config);

/* Returns whether a map was found that no attached program uses. */
bool config_use_is_stale(const struct config *config);

/* Returns whether there may be more to be said: nothing is stale, and messages are wanted. */
bool config_use_may_say(const struct config *config);

/* A document of this interface, with "stale" of the maps opened so far: true, false or null. */
struct json_object *config_json_begin(const char *schema, const struct config *config);

#endif
