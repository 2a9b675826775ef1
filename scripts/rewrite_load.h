/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules from a file, and as such a file. */
#ifndef SCRIPTS_REWRITE_LOAD_H
#define SCRIPTS_REWRITE_LOAD_H

#include "scripts/config.h"

/* Put the rules of a file in place of those that are; the exit status. */
int rewrite_load(struct config *config, const char *path, bool keep_going);

/* A verb: print what rewrite_load() reads. */
int rewrite_save(struct config *config, char **argv, int argc);

#endif
