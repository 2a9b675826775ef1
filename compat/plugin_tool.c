// SPDX-License-Identifier: GPL-2.0-or-later
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "compat/plugin.h"
#include "compat/plugin_tool.h"

/* The folder of the plugin, with its slash, or "" for that in which tc or ip runs. */
static void own_folder(char folder[PATH_MAX])
{
	const char *file = "";
	Dl_info self;

	if (dladdr((void *)plugin_find_tool, &self) && self.dli_fname)
		file = self.dli_fname;
	snprintf(folder, PATH_MAX, "%s", file);
	folder[strrchr(folder, '/') ? strrchr(folder, '/') - folder + 1 : 0] = '\0';
}

int plugin_find_tool(const char *tool, char path[PATH_MAX], bool *tree)
{
	static const char *const folders[] = { "pinning", "scripts", "compat" };
	char own[PATH_MAX];

	own_folder(own);
	*tree = true;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, PATH_MAX, "%.*s../%s/%s", PATH_MAX / 2, own, folders[i], tool);
		if (!access(path, X_OK))
			return 0;
	}
	*tree = false;
	snprintf(path, PATH_MAX, "%s/%s", TOOL_DIR, tool);
	return access(path, X_OK) ? -1 : 0;
}

/* What the shell runs for ifbpf is that file. */
static bool is_found(const char *file)
{
	const char *path = getenv("PATH"), *end;
	struct stat wanted, found;
	char at[PATH_MAX];

	if (stat(file, &wanted))
		return false;
	for (; path; path = *end ? end + 1 : NULL) {
		end = path + strcspn(path, ":");
		snprintf(at, sizeof(at), "%.*s/ifbpf", (int)(end - path), path);
		if (!access(at, X_OK) && !stat(at, &found))
			return found.st_dev == wanted.st_dev && found.st_ino == wanted.st_ino;
	}
	return false;
}

const char *plugin_front(void)
{
	static char front[PATH_MAX];
	char own[PATH_MAX], *last;
	size_t len;

	own_folder(own);
	/* "tree/compat/" becomes "tree/scripts/ifbpf", without a step down and up again. */
	len = strlen(own);
	if (len)
		own[--len] = '\0';
	last = strrchr(own, '/') ? strrchr(own, '/') + 1 : own;
	if (!strcmp(last, "compat"))
		snprintf(front, sizeof(front), "%.*sscripts/ifbpf", (int)(last - own), own);
	else
		snprintf(front, sizeof(front), "%.*s/../scripts/ifbpf", PATH_MAX / 2,
		         len ? own : ".");
	return access(front, X_OK) || is_found(front) ? "ifbpf" : front;
}
