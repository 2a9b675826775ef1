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

/* Add or change a limit in the map, or remove one. 0 or a negative errno, reported. */
int ratelimit_put(const struct config *config, int fd, const struct rate_limit *limit);
int ratelimit_remove(const struct config *config, int fd, const struct rate_prefix *prefix);

/* The verbs. */
int ratelimit_list(struct config *config, char **argv, int argc);
int ratelimit_dropped(struct config *config, char **argv, int argc);

#endif
