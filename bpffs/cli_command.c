// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What tools are called, and how the user calls them. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"

static const char *verb_of(const char *tool)
{
	return strcmp(tool, "pin_maps") ? tool : "pin";
}

const char *cli_name(const char *tool)
{
	static char names[4][64];
	static unsigned int turn;
	char *name = names[turn++ % 4];

	if (!getenv("IFBPF_FRONT"))
		return tool;
	snprintf(name, sizeof(names[0]), "ifbpf %s", verb_of(tool));
	return name;
}

/*
 * A tool by the path that this one was called by, in whose folder it is, or beside that in the
 * source tree. Returns whether it is there.
 */
static bool find_beside(const char *tool, char path[PATH_MAX])
{
	static const char *const folders[] = { "pinning", "scripts", "compat" };
	const char *called = program_invocation_name, *slash = strrchr(called, '/'), *last;
	int len = slash ? (int)(slash - called) + 1 : 0;

	if (!slash || !cli_is_plain(called))
		return false;
	snprintf(path, PATH_MAX, "%.*s%s", len, called, tool);
	if (!access(path, X_OK))
		return true;
	/* "tree/pinning/" becomes "tree/scripts/", without a step down and up again. */
	for (last = slash; last > called && last[-1] != '/';)
		last--;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (*last == '.' || last == slash)
			snprintf(path, PATH_MAX, "%.*s../%s/%s", len, called, folders[i], tool);
		else
			snprintf(path, PATH_MAX, "%.*s%s/%s", (int)(last - called), called,
			         folders[i], tool);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

const char *cli_command(const char *tool)
{
	static char commands[4][PATH_MAX];
	static unsigned int turn;
	const char *front = getenv("IFBPF_COMMAND");
	char *command = commands[turn++ % 4];

	if (getenv("IFBPF_FRONT"))
		snprintf(command, sizeof(commands[0]), "%s %s",
		         front && cli_is_plain(front) ? front : "ifbpf", verb_of(tool));
	else if (!find_beside(tool, command))
		return tool;
	return command;
}

const char *cli_object(const char *file)
{
	const char *front = getenv("IFBPF_FRONT");
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s",
	         front && !strcmp(front, "installed") ? OBJECT_DIR : "objects", file);
	return path;
}
