// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether the document can be written, before anything is measured. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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
	if (slash)
		*slash = '\0';
	if (err == -ENOENT && slash && !access(*parent ? parent : "/", F_OK)) {
		/* As /proc says of itself. */
		rejected(err, "cannot make the directory %s: nothing can be made in %s", path,
		         parent);
		hint("name one in which files can be made");
		return err;
	}
	if (err == -ENOENT && slash) {
		rejected(err, "cannot make the directory %s: there is no directory %s", path,
		         parent);
		hint("mkdir -p %s", parent);
		return err;
	}
	if (err) {
		failed(err, "cannot make the directory %s", path);
		hint("name one in which files can be made");
		return err;
	}
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

/* What a document says of its run. */
struct document {
	char groups[256]; /* "?" if it does not say */
	bool quick;
};

static void read_document(FILE *f, struct document *document)
{
	char line[4096];

	*document = (struct document){ .groups = "?" };
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "| groups | %255[^|\n]", document->groups);
		document->quick = document->quick || !strncmp(line, DOCS_QUICK, strlen(DOCS_QUICK));
	}
}

/* The groups that it has, and are not measured now. */
static void find_others(char *groups, char *others, size_t size)
{
	size_t used = 0;

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
	struct document document;
	FILE *f;

	snprintf(path, sizeof(path), "%s/BENCH.md", directory);
	f = fopen(path, "r");
	if (!f)
		return errno == ENOENT ? 0 : failed(-errno, "cannot read %s", path);
	read_document(f, &document);
	fclose(f);
	find_others(document.groups, others, sizeof(others));
	if (bench.quick && !document.quick && strcmp(document.groups, "?")) {
		rejected(-EEXIST, "cannot replace %s: it is of a full run, and this one is quick",
		         path);
		hint("name another directory, or leave out --quick");
		return -EEXIST;
	}
	if (bench.all_groups || !others[0])
		return 0;
	if (!strcmp(others, "?"))
		rejected(-EEXIST, "cannot replace %s: it does not say of which groups it is", path);
	else
		rejected(-EEXIST, "cannot replace %s: it has groups that this run does not: %s",
		         path, others);
	hint("name another directory, or measure all groups");
	return -EEXIST;
}

/* One of its names is "..". */
static bool leads_up(const char *path)
{
	for (; *path; path += strcspn(path, "/"), path += strspn(path, "/"))
		if (strcspn(path, "/") == 2 && !strncmp(path, "..", 2))
			return true;
	return false;
}

/* Two documents at once would be one of two runs. Locked until this process ends. */
static int lock_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return failed(-errno, "cannot open %s", path);
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return failed(-errno, "cannot lock %s", path);
	close(fd);
	rejected(-EEXIST, "cannot write in %s: another run of the benchmark will", path);
	hint("name another directory, or wait for its end");
	return -EEXIST;
}

int docs_open(const char *dir)
{
	const char *from = getenv("BENCH_FROM"), *tree = getenv("BENCH_TREE");
	char plot_dir[PATH_MAX];
	int err;

	if (!*dir) {
		rejected(-EINVAL, "--docs wants a directory: '' is none");
		hint("--docs . for this one");
		return -EINVAL;
	}
	if (from && !strcmp(from, "."))
		from = leads_up(dir) ? tree : NULL;
	if (*dir == '/' || !from)
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
		err = lock_dir(directory);
	if (!err)
		err = check_document();
	if (err)
		return err;
	snprintf(plot_dir, sizeof(plot_dir), "%.*s/bench", PATH_MAX - 8, directory);
	return make_dir(plot_dir);
}
