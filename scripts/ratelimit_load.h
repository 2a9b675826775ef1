/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits from a file, and as such a file. */
#ifndef SCRIPTS_RATELIMIT_LOAD_H
#define SCRIPTS_RATELIMIT_LOAD_H

#include "scripts/config.h"

/* Put the limits of a file in place of those that are; the exit status. */
int ratelimit_load(struct config *config, const char *path, bool keep_going);

/* A verb: print what ratelimit_load() reads. */
int ratelimit_save(struct config *config, char **argv, int argc);

#endif
