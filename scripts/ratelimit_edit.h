/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Editing limits. Programs look into rate_limits unless rate_settings says that there is nothing in
 * it: that is taken back before an edit, and said again after one that left nothing. Killed at any
 * moment, an editor leaves programs that look.
 */
#ifndef SCRIPTS_RATELIMIT_EDIT_H
#define SCRIPTS_RATELIMIT_EDIT_H

#include "objects/ratelimit.h"
#include "scripts/config.h"

struct ratelimit_edit {
	const struct config *config;
	int limits_fd;
	int settings_fd; /* -1: programs that know of no settings, and always look */
	__u32 room;      /* so many limits the map can hold */
};

/*
 * Open the maps, with the interface's lock taken. Returns 0 or a negative errno, reported.
 * ratelimit_edit_end() must follow success, whatever became of the edit; it returns the same.
 */
int ratelimit_edit_begin(struct ratelimit_edit *edit, const struct config *config);
int ratelimit_edit_end(struct ratelimit_edit *edit);

/* Add or change a limit, or remove one. 0 or a negative errno, reported. */
int ratelimit_put(const struct ratelimit_edit *edit, const struct rate_limit *limit);
int ratelimit_remove(const struct ratelimit_edit *edit, const struct rate_prefix *prefix);

#endif
