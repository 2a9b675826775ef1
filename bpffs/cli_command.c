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
 * FOLDER/FILE in the tree in which a file lies that was called by its path: "tree/scripts/stats" of
 * "tree/pinning/load", without a step down and up again. Returns whether it is there.
 */
static bool find_in_tree(const char *called, const char *folder, const char *file,
                         char path[PATH_MAX])
{
	const char *slash = strrchr(called, '/'), *last = slash;

	if (!slash || !cli_is_plain(called))
		return false;
	while (last > called && last[-1] != '/')
		last--;
	if (*last == '.' || last == slash)
		snprintf(path, PATH_MAX, "%.*s/../%s/%s", (int)(slash - called), called, folder,
		         file);
	else
		snprintf(path, PATH_MAX, "%.*s%s/%s", (int)(last - called), called, folder, file);
	return !access(path, F_OK);
}

/* A tool by the path that this one was called by, in whose folder it is, or in the same tree. */
static bool find_beside(const char *tool, char path[PATH_MAX])
{
	static const char *const folders[] = { "pinning", "scripts", "compat" };
	const char *called = program_invocation_name, *slash = strrchr(called, '/');

	if (!slash || !cli_is_plain(called))
		return false;
	snprintf(path, PATH_MAX, "%.*s/%s", (int)(slash - called), called, tool);
	if (!access(path, X_OK))
		return true;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (find_in_tree(called, folders[i], tool, path))
			return true;
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
	const char *front = getenv("IFBPF_FRONT"), *command = getenv("IFBPF_COMMAND");
	static char path[PATH_MAX];

	if (front && !strcmp(front, "installed"))
		snprintf(path, sizeof(path), "%s/%s", OBJECT_DIR, file);
	else if (!find_in_tree(!front    ? program_invocation_name
	                       : command ? command
	                                 : "",
	                       "objects", file, path))
		snprintf(path, sizeof(path), "objects/%s", file);
	return path;
}
