/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps of ratelimit, and what it prints of them: the limits, and what was dropped. */
#ifndef SCRIPTS_RATELIMIT_SHOW_H
#define SCRIPTS_RATELIMIT_SHOW_H

#include "objects/ratelimit.h"
#include "scripts/config.h"

extern const struct config_map ratelimit_limits;

/* Values of a map, one behind the other. */
struct ratelimit_list {
	size_t size, len;
	void *values;
	int cpus; /* of the map they come from: so many values an entry has there */
};

/* All limits, by address and length; the caller frees the values. 0 or a negative errno, reported.
 */
int ratelimit_read_limits(const struct config *config, struct ratelimit_list *list);

/* The verbs. */
int ratelimit_list(struct config *config, char **argv, int argc);
int ratelimit_dropped(struct config *config, char **argv, int argc);

#endif
