// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
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

/* Bars lie, the first row on top; a thin line goes from the least to the most of the rounds. */
static void write_script(FILE *gnuplot, const struct table *table, const char *path)
{
	size_t rows = count_shown(table);

	fprintf(gnuplot, "set terminal svg size 800,%zu noenhanced background '#ffffff'\n",
	        rows * BAR_HEIGHT + 90);
	fprintf(gnuplot, "set output '%s'\n", path);
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

/* The licence of the tree's own files stands in this one as well: after the XML declaration. */
static int add_licence(const char *path)
{
	char line[8192];
	FILE *from = fopen(path, "r"), *to;
	char new_path[600];
	bool first = true;

	snprintf(new_path, sizeof(new_path), "%s.new", path);
	to = fopen(new_path, "w");
	while (from && to && fgets(line, sizeof(line), from)) {
		fputs(line, to);
		if (first)
			fputs("<!-- SPDX-License-Identifier: GPL-2.0-or-later -->\n", to);
		first = false;
	}
	if (from)
		fclose(from);
	if (!from || !to || fclose(to) || rename(new_path, path))
		return failed(-errno, "cannot write %s", path);
	return 0;
}

int plot_table(const struct table *table, const char *dir)
{
	char path[512];
	FILE *gnuplot;

	if (!count_shown(table))
		return -ENODATA;
	snprintf(path, sizeof(path), "%.400s/%s.svg", dir, table->name);
	gnuplot = popen("gnuplot", "w");
	if (!gnuplot)
		return failed(-errno, "cannot run gnuplot");
	write_script(gnuplot, table, path);
	if (pclose(gnuplot))
		return failed(-EIO, "gnuplot cannot draw %s", path);
	return add_licence(path);
}
