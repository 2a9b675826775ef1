/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tools that configure never load: they run the ones that do. */
#ifndef SCRIPTS_TOOL_RUN_H
#define SCRIPTS_TOOL_RUN_H

#include <limits.h>

/*
 * Run a tool in the network namespace of a descriptor. What it prints on stdout is dropped; what it
 * hints at can be typed where this one was. argv[0] and the argument of --netns, argv[2], are
 * filled in here. Reports its failures. Returns 0 or a negative errno; -ECANCELED if the tool did
 * not end with 0.
 */
int tool_run(const char *tool, int netns_fd, char *argv[]);

/* An object of the store: that of the source tree if this is one; else load knows where it is. */
void tool_object(const char *name, char out[PATH_MAX]);

#endif
