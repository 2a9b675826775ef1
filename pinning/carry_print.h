/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of the content of old maps, for stdout. */
#ifndef PINNING_CARRY_PRINT_H
#define PINNING_CARRY_PRINT_H

#include "bpffs/json.h"
#include "pinning/carry.h"

/*
 * "carried", "partly" (the rest stays in the old map), "shared" (carried, but another program goes
 * on with the old map), "unfinished" (a later run goes on with it), "empty" (a kind of map that
 * holds no state) or "refused".
 */
const char *carry_state_name(const struct carried *one);

/* Something that counts was not brought over, or of a dry run: will not be. */
bool carry_is_partly(const struct carry *carry, bool dry_run);

/* The old map that lost its name to map_id was carried over to the last, and is gone. */
bool carry_is_complete(const struct carry *carry, __u32 old_map_id);

/* A line for each; dir: the interface's directory. */
void carry_print(const struct carry *carry, const char *dir, bool dry_run);

/* An array of one object for each. */
struct json_object *carry_json(const struct carry *carry, bool dry_run);

#endif
