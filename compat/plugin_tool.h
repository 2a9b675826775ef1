/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the tools of ifbpf(8) are that a plugin runs, and how the user calls them. */
#ifndef COMPAT_PLUGIN_TOOL_H
#define COMPAT_PLUGIN_TOOL_H

#include <limits.h>
#include <stdbool.h>

/*
 * The executable of a tool: beside the plugin in the source tree, else where 'make install' put it.
 * *tree tells which. Returns 0, or -1 with errno, and path the last place looked at.
 */
int plugin_find_tool(const char *tool, char path[PATH_MAX], bool *tree);

/* What the user types for ifbpf: in the source tree its path, unless the shell finds it there. */
const char *plugin_front(void);

#endif
