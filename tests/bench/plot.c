// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/command.h"
#include "tests/bench/plot.h"

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

/*
 * What gnuplot has drawn, with the licence of the tree's own files behind the XML declaration. A
 * full disk is nothing that gnuplot would tell: whether all is there, its end says.
 */
static int copy_plot(FILE *from, FILE *to)
{
	bool first = true, whole = false;
	char line[8192];

	while (fgets(line, sizeof(line), from)) {
		fputs(line, to);
		if (first)
			fputs("<!-- SPDX-License-Identifier: GPL-2.0-or-later -->\n", to);
		first = false;
		whole = whole || strstr(line, "</svg>");
	}
	return whole ? 0 : -EIO;
}

static int finish_plot(const char *drawn, const char *path, const char *new_path)
{
	FILE *from = fopen(drawn, "r"), *to = NULL;
	int err = from ? 0 : failed(-errno, "cannot read %s", drawn);

	if (!err) {
		to = fopen(new_path, "w");
		err = to ? copy_plot(from, to) : -errno;
		if (err)
			failed(err, "gnuplot cannot draw %s", path);
	}
	if (from)
		fclose(from);
	if (!err)
		return file_finish(to, new_path, NULL);
	if (to) {
		fclose(to);
		unlink(new_path);
	}
	return err;
}

/* All that it is told is there before it begins, so that it may end, or hang, where it likes. */
static int draw(const struct table *table, const char *drawn)
{
	int fd = memfd_create("plot", 0), err; /* which gnuplot inherits */
	FILE *script = fd < 0 ? NULL : fdopen(dup(fd), "w");

	err = script ? 0 : -errno;
	if (script) {
		plot_script(script, table, drawn);
		if (fclose(script))
			err = -errno;
	}
	if (!err)
		err = command_run(NULL, "gnuplot </proc/self/fd/%d", fd);
	if (fd >= 0)
		close(fd);
	return err;
}

struct plot_paths {
	char path[PATH_MAX + 64], new_path[PATH_MAX + 80], drawn[PATH_MAX + 80];
};

static void make_paths(struct plot_paths *paths, const struct table *table, const char *dir)
{
	snprintf(paths->path, sizeof(paths->path), "%s/%s.svg", dir, table->name);
	snprintf(paths->new_path, sizeof(paths->new_path), "%s.new", paths->path);
	snprintf(paths->drawn, sizeof(paths->drawn), "%s.drawn", paths->path);
}

int plot_table(const struct table *table, const char *dir)
{
	struct plot_paths paths;
	int err;

	make_paths(&paths, table, dir);
	err = draw(table, paths.drawn);
	if (err)
		failed(err, "gnuplot cannot draw %s", paths.path);
	else
		err = finish_plot(paths.drawn, paths.path, paths.new_path);
	unlink(paths.drawn);
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
