// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether the document can be written, before anything is measured. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/docs.h"

static char directory[PATH_MAX];

const char *docs_dir(void)
{
	return directory;
}

/* A directory is made in one that is there: more of a path that is not may be a slip. */
static int make_dir(const char *path)
{
	char parent[PATH_MAX];
	struct stat found;
	int err = mkdir(path, 0777) ? -errno : 0;
	char *slash;

	if (err == -EEXIST)
		err = stat(path, &found) ? -errno : S_ISDIR(found.st_mode) ? 0 : -ENOTDIR;
	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (err == -ENOENT && slash) {
		*slash = '\0';
		rejected(err, "cannot make the directory %s: there is no directory %s", path,
		         parent);
		hint("mkdir -p %s", parent);
		return err;
	}
	if (err)
		return failed(err, "cannot make the directory %s", path);
	return access(path, W_OK | X_OK) ? failed(-errno, "cannot write in %s", path) : 0;
}

/* It is, or would be, on the /run that nobody else sees. */
static bool is_private(const char *path)
{
	char above[PATH_MAX];
	struct stat run, found;
	char *slash;

	snprintf(above, sizeof(above), "%s", path);
	while (stat(above, &found)) {
		slash = strrchr(above, '/');
		if (!slash || slash == above)
			return false;
		*slash = '\0';
	}
	return !stat("/run", &run) && run.st_dev == found.st_dev;
}

static bool has_word(const char *words, const char *word, size_t len)
{
	for (; *words; words += strcspn(words, " "), words += strspn(words, " "))
		if (strcspn(words, " ") == len && !strncmp(words, word, len))
			return true;
	return false;
}

/* The groups that a document says it has, and are not measured now; "?" if it does not say. */
static void find_others(FILE *f, char *others, size_t size)
{
	char line[4096], groups[256] = "?";
	size_t used = 0;

	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "| groups | %255[^|\n]", groups) == 1)
			break;
	others[0] = '\0';
	for (char *at = groups; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		if (!has_word(bench.groups, at, len) && used < size)
			used += (size_t)snprintf(others + used, size - used, "%s%.*s",
			                         used ? " " : "", (int)len, at);
		at += len;
	}
}

/* Its other tables would be gone; they cannot stay under the head of another run. */
static int check_document(void)
{
	char path[PATH_MAX + 16], others[256];
	FILE *f;

	if (bench.all_groups)
		return 0;
	snprintf(path, sizeof(path), "%s/BENCH.md", directory);
	f = fopen(path, "r");
	if (!f)
		return errno == ENOENT ? 0 : failed(-errno, "cannot read %s", path);
	find_others(f, others, sizeof(others));
	fclose(f);
	if (!others[0])
		return 0;
	if (!strcmp(others, "?"))
		rejected(-EEXIST, "cannot replace %s: it does not say of which groups it is", path);
	else
		rejected(-EEXIST, "cannot replace %s: it has groups that this run does not: %s",
		         path, others);
	hint("name another directory, or measure all groups");
	return -EEXIST;
}

int docs_open(const char *dir)
{
	const char *from = getenv("BENCH_FROM");
	char plot_dir[PATH_MAX];
	int err;

	if (*dir == '/' || !from || !strcmp(from, "."))
		snprintf(directory, sizeof(directory), "%s", dir);
	else
		snprintf(directory, sizeof(directory), "%s/%s", from, dir);
	if (is_private(directory)) {
		rejected(-EXDEV, "cannot write in %s: nobody else would see it", dir);
		hint("name another directory: the benchmark has a /run of its own");
		return -EXDEV;
	}
	err = make_dir(directory);
	if (!err)
		err = check_document();
	if (err)
		return err;
	snprintf(plot_dir, sizeof(plot_dir), "%.*s/bench", PATH_MAX - 8, directory);
	return make_dir(plot_dir);
}
