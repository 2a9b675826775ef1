// SPDX-License-Identifier: GPL-2.0-or-later
/* What gnuplot is told: a panel for each metric, a bar for each row. */
#include "tests/bench/plot.h"
#include "tests/bench/print.h"

#define BAR_HEIGHT  22 /* pixels */
#define PANEL_EXTRA 90

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

/* A count of what should not happen, such as lost frames, has no panel if it did not. */
static bool has_panel(const struct table *table, size_t m)
{
	bool some = false;

	if (table->metrics[m].given)
		return false;
	for (size_t r = 0; r < table->rows_len; r++)
		some = some || (is_shown(&table->rows[r]) && (table->rows[r].value[m].min != 0 ||
		                                              table->rows[r].value[m].max != 0));
	return some || !table->metrics[m].no_ratio;
}

static size_t count_panels(const struct table *table)
{
	size_t n = 0;

	for (size_t m = 0; m < table->metrics_len; m++)
		n += has_panel(table, m);
	return n;
}

static void write_data(FILE *gnuplot, const struct table *table, size_t m)
{
	size_t n = 0;

	fprintf(gnuplot, "$metric%zu << EOD\n", m);
	for (size_t r = 0; r < table->rows_len; r++) {
		const struct row *row = &table->rows[r];
		const struct summary *value = &row->value[m];

		if (is_shown(row))
			fprintf(gnuplot, "\"%s  %s\" %zu %g %g %g\n", row->name,
			        print_number(value->median), n++, value->median, value->min,
			        value->max);
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
static void write_panel(FILE *gnuplot, const struct table *table, size_t m)
{
	const struct metric *metric = &table->metrics[m];

	fprintf(gnuplot,
	        "set title \"%s: %s, %s (%s is better)%s\"\n"
	        "plot $metric%zu using (0):2:(0):3:($2-0.35):($2+0.35):ytic(1) with boxxyerror "
	        "lc rgb '%s', "
	        "'' using 4:2:($5-$4):(0) with vectors nohead lw 1.5 lc rgb '#222222'\n",
	        table->name, metric->name, metric->unit, metric->higher ? "more" : "less",
	        print_doubt(table, m), m, table->noise[m].reliable ? "#4477aa" : "#bbbbbb");
}

void plot_script(FILE *gnuplot, const struct table *table, const char *path)
{
	size_t rows = count_shown(table), panels = count_panels(table);

	fprintf(gnuplot, "set terminal svg size 800,%zu noenhanced background '#ffffff'\n",
	        panels * (rows * BAR_HEIGHT + PANEL_EXTRA));
	write_output(gnuplot, path);
	for (size_t m = 0; m < table->metrics_len; m++)
		write_data(gnuplot, table, m);
	fprintf(gnuplot,
	        "set yrange [%zu.5:-0.5]\nset xrange [0:*]\nset key off\nset grid xtics\n"
	        "set border 1\nset ytics scale 0\nset style fill solid 0.8 noborder\n"
	        "set multiplot layout %zu,1\n",
	        rows - 1, panels);
	for (size_t m = 0; m < table->metrics_len; m++)
		if (has_panel(table, m))
			write_panel(gnuplot, table, m);
	fputs("unset multiplot\n", gnuplot);
}
