// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/command.h"
#include "tests/bench/plot.h"

#define PATIENCE 10 /* seconds: some fifty times what a plot takes on an idle machine */

int file_finish(FILE *f, const char *new_path, const char *path)
{
	int err = fflush(f) || ferror(f) ? -(errno ? errno : EIO) : 0;

	if (fclose(f) && !err)
		err = -errno;
	if (!err && path && rename(new_path, path))
		err = -errno;
	if (!err)
		return 0;
	unlink(new_path);
	return failed(err, "cannot write %s", path ? path : new_path);
}

/* What gnuplot has drawn, with the licence of the tree's own files behind the XML declaration. */
static int copy_plot(FILE *from, FILE *to)
{
	bool first = true, whole = false;
	char line[8192];

	while (fgets(line, sizeof(line), from)) {
		if (fputs(line, to) == EOF ||
		    (first &&
		     fputs("<!-- SPDX-License-Identifier: GPL-2.0-or-later -->\n", to) == EOF))
			return -errno;
		first = false;
		whole = whole || strstr(line, "</svg>");
	}
	return whole ? 0 : -ENODATA;
}

static int finish_plot(FILE *drawn, const char *path, const char *new_path)
{
	FILE *to = fopen(new_path, "w");
	int err = to ? copy_plot(drawn, to) : -errno;

	if (!err)
		return file_finish(to, new_path, NULL);
	if (err == -ENODATA)
		rejected(err, "gnuplot cannot draw %s: it has written no whole SVG", path);
	else
		failed(err, "cannot write %s", new_path);
	if (to) {
		fclose(to);
		unlink(new_path);
	}
	return err;
}

/*
 * All that it is told is there before it begins, so that it may end, or hang, where it likes. It
 * draws into memory: of a disk that is full it would tell nothing.
 */
static int draw(const struct table *table, int drawn)
{
	int fd = memfd_create("plot", 0), err; /* which gnuplot inherits */
	FILE *script = fd < 0 ? NULL : fdopen(dup(fd), "w");
	char path[32];

	err = script ? 0 : -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", drawn);
	if (script) {
		plot_script(script, table, path);
		if (fclose(script))
			err = -errno;
	}
	if (!err)
		err = command_run_within(PATIENCE, "gnuplot </proc/self/fd/%d", fd);
	if (fd >= 0)
		close(fd);
	return err;
}

struct plot_paths {
	char path[PATH_MAX + 64], new_path[PATH_MAX + 80];
};

static void make_paths(struct plot_paths *paths, const struct table *table, const char *dir)
{
	snprintf(paths->path, sizeof(paths->path), "%s/%s.svg", dir, table->name);
	snprintf(paths->new_path, sizeof(paths->new_path), "%s.new", paths->path);
}

int plot_table(const struct table *table, const char *dir)
{
	int fd = memfd_create("drawn", 0), err; /* which gnuplot inherits as well */
	FILE *drawn = fd < 0 ? NULL : fdopen(fd, "r");
	struct plot_paths paths;

	make_paths(&paths, table, dir);
	err = drawn ? draw(table, fd) : -errno;
	if (err == -ECHILD || err == -ETIME) /* as command_run_within() has said */
		rejected(err, "gnuplot cannot draw %s", paths.path);
	else if (err)
		failed(err, "cannot draw %s", paths.path);
	else
		err = finish_plot(drawn, paths.path, paths.new_path);
	if (drawn)
		fclose(drawn);
	else if (fd >= 0)
		close(fd);
	return err;
}

int plot_keep(const struct table *table, const char *dir, bool keep)
{
	struct plot_paths paths;

	make_paths(&paths, table, dir);
	if (!keep || !rename(paths.new_path, paths.path)) {
		unlink(paths.new_path);
		return 0;
	}
	return failed(-errno, "cannot write %s", paths.path);
}

void plot_forget_halves(const char *dir)
{
	static const char half[] = ".svg.new";
	const struct dirent *entry;
	DIR *stream = opendir(dir);

	while (stream && (entry = readdir(stream))) {
		size_t len = strlen(entry->d_name);

		if (len >= strlen(half) && !strcmp(entry->d_name + len - strlen(half), half))
			unlinkat(dirfd(stream), entry->d_name, 0);
	}
	if (stream)
		closedir(stream);
}
