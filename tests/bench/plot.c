// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/plot.h"
#include "tests/bench/print.h"

#define BAR_HEIGHT 22 /* pixels */

static bool is_shown(const struct row *row)
{
	return !row->missing[0];
}

static size_t count_shown(const struct table *table)
{
	size_t n = 0;

	for (size_t r = 0; r < table->rows_len; r++)
		n += is_shown(&table->rows[r]);
	return n;
}

static void write_data(FILE *gnuplot, const struct table *table)
{
	size_t n = 0;

	fputs("$rows << EOD\n", gnuplot);
	for (size_t r = 0; r < table->rows_len; r++) {
		const struct row *row = &table->rows[r];

		if (is_shown(row))
			fprintf(gnuplot, "\"%s  %s\" %zu %g %g %g\n", row->name,
			        print_number(row->value[0].median), n++, row->value[0].median,
			        row->value[0].min, row->value[0].max);
	}
	fputs("EOD\n", gnuplot);
}

/* Within its quotes gnuplot takes everything as it is, and two of them for one. */
static void write_output(FILE *gnuplot, const char *path)
{
	fputs("set output '", gnuplot);
	for (; *path; path++)
		fputs(*path == '\'' ? "''" : (char[]){ *path, '\0' }, gnuplot);
	fputs("'\n", gnuplot);
}

/* Bars lie, the first row on top; a thin line goes from the least to the most of the rounds. */
static void write_script(FILE *gnuplot, const struct table *table, const char *path)
{
	size_t rows = count_shown(table);

	fprintf(gnuplot, "set terminal svg size 800,%zu noenhanced background '#ffffff'\n",
	        rows * BAR_HEIGHT + 90);
	write_output(gnuplot, path);
	write_data(gnuplot, table);
	fprintf(gnuplot,
	        "set title \"%s: %s, %s\"\n"
	        "set yrange [%zu.5:-0.5]\nset xrange [0:*]\nset key off\nset grid xtics\n"
	        "set border 1\nset ytics scale 0\nset style fill solid 0.8 noborder\n"
	        "plot $rows using (0):2:(0):3:($2-0.35):($2+0.35):ytic(1) with boxxyerror "
	        "lc rgb '#4477aa', "
	        "'' using 4:2:($5-$4):(0) with vectors nohead lw 1.5 lc rgb '#222222'\n",
	        table->name, table->metrics[0].name, table->metrics[0].unit, rows - 1);
}

int file_finish(FILE *f, const char *new_path, const char *path)
{
	int err = fflush(f) || ferror(f) ? -(errno ? errno : EIO) : 0;

	if (fclose(f) && !err)
		err = -errno;
	if (!err && rename(new_path, path))
		err = -errno;
	if (!err)
		return 0;
	unlink(new_path);
	return failed(err, "cannot write %s", path);
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

static int finish_plot(const char *drawn, const char *path)
{
	FILE *from = fopen(drawn, "r"), *to = NULL;
	char new_path[PATH_MAX + 80];
	int err = from ? 0 : failed(-errno, "cannot read %s", drawn);

	snprintf(new_path, sizeof(new_path), "%s.new", path);
	if (!err) {
		to = fopen(new_path, "w");
		err = to ? copy_plot(from, to) : -errno;
		if (err)
			failed(err, "gnuplot cannot draw %s", path);
	}
	if (from)
		fclose(from);
	if (!err)
		return file_finish(to, new_path, path);
	if (to) {
		fclose(to);
		unlink(new_path);
	}
	return err;
}

/* A gnuplot that ends before it has read all must not end us as well. */
static int draw(const struct table *table, const char *drawn)
{
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	FILE *gnuplot = popen("gnuplot", "w");
	int err = gnuplot ? 0 : -errno;

	if (!err) {
		write_script(gnuplot, table, drawn);
		if (pclose(gnuplot))
			err = -EIO;
	}
	signal(SIGPIPE, before);
	return err;
}

int plot_table(const struct table *table, const char *dir)
{
	char path[PATH_MAX + 64], drawn[PATH_MAX + 80];
	int err;

	if (!count_shown(table))
		return -ENODATA;
	snprintf(path, sizeof(path), "%s/%s.svg", dir, table->name);
	snprintf(drawn, sizeof(drawn), "%s.drawn", path);
	err = draw(table, drawn);
	if (err)
		failed(err, "gnuplot cannot draw %s", path);
	else
		err = finish_plot(drawn, path);
	unlink(drawn);
	return err;
}
